"""The same stages on Ray, on this machine as a cluster of one."""

import pytest

from curation_toys import Dies, Stumbles, bytes_of, quick_stages, write_talk
from visavis.corpora.curation import curate
from visavis.corpora.curation.engines import Processes
from visavis.errors import InputError

ray = pytest.importorskip("ray", reason="needs Ray: pip install 'visavis[ray]'")


@pytest.fixture(scope="module")
def engine():
    import os
    from pathlib import Path

    from visavis.corpora.curation.ray_engine import Ray

    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])  # where Ray's processes find the toys
    yield Ray(workers=2)
    ray.shutdown()
    os.environ.pop("PYTHONPATH")
    if before is not None:
        os.environ["PYTHONPATH"] = before


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    for number in range(3):
        write_talk(folder / f"talk nº {number}.mp4", 2.0, number)
    (folder / "broken.mp4").write_bytes(b"no video" * 500)
    return folder


def test_ray_gives_the_same_bytes_as_processes(videos, engine, tmp_path):
    stages = quick_stages()
    assert curate(videos, tmp_path / "ray", stages, engine).conversations == 3
    assert curate(videos, tmp_path / "plain", stages, Processes(1)).conversations == 3
    assert bytes_of(tmp_path / "ray") == bytes_of(tmp_path / "plain")


def test_what_always_goes_wrong_costs_itself_only(videos, engine, tmp_path):
    done = curate(videos, tmp_path / "out", [*quick_stages(), Stumbles(on="0"), Dies(on="1")], engine)
    assert done.conversations == 1
    assert done.failures == (
        "talk nº 0.mp4: ZeroDivisionError: a bug",
        "talk nº 1.mp4: the worker process died 2 times",
    )


def test_no_cluster_is_one_line(tmp_path):
    from visavis.workflows.curate import run

    with pytest.raises(InputError, match="--engine spark"):
        run(tmp_path, tmp_path / "out", config="talk", engine="spark")
    with pytest.raises(InputError, match="needs --engine ray"):
        run(tmp_path, tmp_path / "out", config="talk", address="auto")
