"""VENUS through the executable: its files in, a corpus, its files out."""

import json

from venus_figure import as_float32, figure_9


def test_import_and_export_give_the_same_files(tmp_path, visavis):
    (tmp_path / "in").mkdir()
    for segment in (5, 6):
        document = figure_9() | {"Segment_id": segment}
        (tmp_path / "in" / f"G51M8YGs_OM_00{segment}.json").write_text(json.dumps(document))
    code, _, said = visavis("import", "venus", tmp_path / "in", "-o", tmp_path / "corpus")
    assert code == 0, said
    code, out, said = visavis("export", tmp_path / "corpus", "--to", "venus", "-o", tmp_path / "out")
    assert code == 0, said
    assert len(out.split()) == 2
    for segment in (5, 6):
        back = json.loads((tmp_path / "out" / f"G51M8YGs_OM_00{segment}.json").read_text())
        assert back == as_float32(figure_9() | {"Segment_id": segment})


def test_a_broken_file_is_one_line(tmp_path, visavis):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.json").write_text("{}")
    code, _, said = visavis("import", "venus", tmp_path / "in", "-o", tmp_path / "corpus")
    assert code == 2
    assert "x.json: Channel_id: Field required" in said
