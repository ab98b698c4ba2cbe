"""Describes files: type, duration, size and contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from visavis.errors import InputError, plainly
from visavis.formats.registry import Format, format_of
from visavis.parquet import open_parquet
from visavis.reading import (
    LARGEST_ARRAYS,
    files_in,
    parse_json,
    read_arrays,
    read_text,
    regular_file,
    shown,
)

Lines = list[tuple[str, str]]
_TRAINED = ("preset", "corpus", "steps", "held_out_loss")
"""What is shown of how a checkpoint was trained."""

_LARGEST_JSON = 50 * 2**20


def describe(path: Path) -> Lines:
    """Name-and-value lines about a file or folder, in which everything can be printed.

    Raises:
        InputError: It does not exist or is nothing that visavis reads or writes.
    """
    return [(shown(name), shown(value)) for name, value in [("path", str(path)), *_content(path)]]


def _content(path: Path) -> Lines:
    if path.is_dir():
        return _folder(path)
    size = regular_file(path).stat().st_size
    if size == 0:
        raise InputError(f"{path}: the file is empty")
    head = [("size", f"{size:,} bytes")]
    if reader := _BY_SUFFIX.get(path.suffix.lower()):
        return head + reader(path)
    format = format_of(path)
    return head + (_media(path) if format is None else _motion(format, path))


def _folder(path: Path) -> Lines:
    if (path / "conversation" / "corpus.json").is_file():
        return [("kind", "results of visavis animate"), *_corpus(path / "conversation"), *_files(path)]
    if (path / "corpus.json").is_file():
        return [("kind", "corpus of conversations"), *_corpus(path)]
    if (path / "model.safetensors").is_file():
        return _checkpoint(path)
    raise InputError(f"{path}: neither a corpus, nor a checkpoint, nor what animate writes")


def _checkpoint(path: Path) -> Lines:
    """A checkpoint of any family: what the registry knows of it, and what its own header says."""
    from visavis.checkpoint import read_header
    from visavis.models.registry import entries

    header = read_header(path)
    entry = entries().get(header.model)
    about = entry.summary if entry is not None else "a model that is not installed"
    lines: Lines = [("kind", "checkpoint"), ("model", f"{header.model}: {about}")]
    if header.space is not None and header.fps is not None:
        lines.append(("motion", f"{header.space.name}, {header.space.dim} columns at {header.fps:g} frames/s"))
    lines += [(name, _plainly(value)[:120]) for name, value in header.state.items()]
    lines += [(f"trained {name}", str(header.training[name])) for name in _TRAINED if name in header.training]
    return [*lines, *_files(path), *_tensors(path / "model.safetensors")]


def _plainly(value: Any) -> str:
    """A value of a checkpoint's state: motion spaces and models by name, what else has parts by these parts."""
    if not isinstance(value, Mapping):
        return str(value)
    if "name" in value:
        return str(value["name"])
    short = {key: f" {inner}" if isinstance(inner, str | int | float) else "" for key, inner in value.items()}
    return ", ".join(f"{key}{inner}" for key, inner in short.items())


def _files(path: Path) -> Lines:
    return [("file", f"{p.name} ({p.stat().st_size:,} bytes)") for p in files_in(path) if p.is_file()]


def _corpus(path: Path) -> Lines:
    from visavis.conversation.corpus import Corpus

    corpus = Corpus.open(path)
    lines: Lines = [("conversations", str(len(corpus)))]
    for id in corpus.ids[:3]:
        conversation = corpus[id]
        lines.append(("conversation", f"{id}, {conversation.duration:.2f} s"))
        for letter, person in zip("AB", conversation.participants, strict=True):
            parts = []
            if person.audio is not None:
                parts.append("own voice")
            if person.words:
                parts.append(f"{len(person.words)} words")
            if person.speaking is not None:
                parts.append(f"speaks {person.speaking['speaking'].mean():.0%} of the time")
            if person.motion is not None:
                parts.append(
                    f"motion {person.motion.space.name}, {len(person.motion)} frames at {person.motion.fps:g}/s"
                )
            parts += [f"{len(events)} x {name}" for name, events in person.events.items() if events]
            name = letter if person.name == letter else f"{letter} {person.name}"
            lines.append((f"  {name}", ", ".join(parts) or "no data"))
    if len(corpus) > 3:
        lines.append(("", f"... and {len(corpus) - 3} more"))
    return lines


def _npz(path: Path) -> Lines:
    lines: Lines = [("kind", "NumPy archive")]
    arrays = read_arrays(path)
    if {"A_motion", "B_motion"} & set(arrays):
        from visavis.formats.npz import read_npz

        read_npz(path)
    for name, array in arrays.items():
        text = str(array) if array.ndim == 0 else f"{array.dtype} {array.shape}"
        lines.append((name[:40], " ".join(text.split())[:200]))
    return lines


def _motion(format: Format, path: Path) -> Lines:
    """What is in a file of a format from which motion is read."""
    lines: Lines = [("kind", format.summary)]
    for letter, person in format.read_from(path, None, None).items():
        motion = person.motion
        moving = int((motion.values.std(0) > 1e-4).sum()) if len(motion) else 0
        lines += [
            (f"{letter} frames".strip(), f"{len(motion)} at {motion.fps:g}/s, {motion.duration:.2f} s"),
            (f"{letter} columns".strip(), f"{motion.space.dim} in {motion.space.name}, {moving} of them vary"),
        ]
    return lines


def _glb(path: Path) -> Lines:
    from pygltflib import GLTF2

    if path.stat().st_size > LARGEST_ARRAYS:
        raise InputError(f"{path}: is larger than {LARGEST_ARRAYS >> 30} GiB; scenes are smaller")
    try:
        scene = GLTF2().load_binary(str(path)) if path.suffix.lower() == ".glb" else GLTF2().load_json(str(path))
        morphs = [len(p.targets or []) for mesh in scene.meshes for p in mesh.primitives]
        names = [str(node.name or "?") for node in scene.nodes]
        channels = sum(len(animation.channels) for animation in scene.animations)
        version = scene.asset.version
    except Exception as error:  # whatever a damaged scene makes of pygltflib
        raise InputError(f"{path}: not a readable glTF scene ({plainly(error)[:100]})") from None
    return [
        ("kind", f"glTF {version} scene"),
        ("nodes", ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")),
        ("meshes", f"{len(scene.meshes)}, up to {max(morphs, default=0)} morph targets"),
        ("animations", f"{len(scene.animations)} with {channels} channels"),
    ]


def _tensors(path: Path) -> Lines:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as tensors:
            shapes = [tensors.get_slice(name).get_shape() for name in tensors.keys()]  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged weights ({error})") from None
    return [("weights", f"{len(shapes)} tensors, {sum(int(np.prod(s)) for s in shapes):,} numbers")]


def _parquet(path: Path) -> Lines:
    file = open_parquet(path)
    names = file.schema_arrow.names
    shown = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
    return [
        ("kind", "Parquet table"),
        ("rows", f"{file.metadata.num_rows:,}"),
        ("columns", f"{len(names)}: {shown}"),
    ]


def _json(path: Path) -> Lines:
    content = parse_json(read_text(path, largest=_LARGEST_JSON), path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: JSON, but not an object")
    if isinstance(content.get("seats"), list) or all(isinstance(content.get(letter), list) for letter in "AB"):
        return _layout(path)
    if isinstance(content.get("events"), list) and "duration" in content:
        return _plan(path)
    return [
        ("kind", "JSON"),
        *((shown(k)[:40], shown(" ".join(_short(v).split()))[:120]) for k, v in list(content.items())[:20]),
    ]


def _plan(path: Path) -> Lines:
    """What both people do in it."""
    from visavis.behavior.plan_files import read_events

    people, changes = read_events(path)
    lines = [("kind", "plan of what two people do")]
    for letter, events in zip("AB", people, strict=True):
        counts = Counter(event.kind for event in events)
        lines.append((letter, ", ".join(f"{kind} {n}" for kind, n in counts.most_common()) or "nothing"))
    return lines + ([("mended when read", f"{len(changes)} values")] if changes else [])


def _layout(path: Path) -> Lines:
    """What `animate` would make of it."""
    from visavis.rendering.furniture import table_radius
    from visavis.scene.layout import layout_from
    from visavis.scene.telling import told

    layout = layout_from(path)
    return [
        ("kind", "layout of two people"),
        ("layout", told(layout, table=table_radius(layout.seats) > 0)),
        *(("note", note) for note in layout.notes),
    ]


def _short(value: Any) -> str:
    """A value, or how much is in it; nobody reads ten thousand numbers."""
    return f"{len(value):,} entries" if isinstance(value, list | dict) and len(value) > 20 else str(value)


def _picture(path: Path) -> Lines:
    from visavis.media.stills import opened_still

    with opened_still(path) as image:
        return [("kind", f"{image.format} picture"), ("pixels", f"{image.width} x {image.height}")]


def _media(path: Path) -> Lines:
    """Streams as the container says, and what `animate` would make of the sound."""
    from visavis.media.container import check_file, opened

    check_file(path)
    wanted = "a file that visavis reads or writes"
    with opened(path, wanted) as container:
        lines: Lines = [("kind", container.format.long_name or container.format.name)]
    with opened(path, wanted, sized=False) as container:  # durations as declared, not as FFmpeg guesses
        lines += [("stream", _stream(stream)) for stream in container.streams]
        has_sound = any(stream.codec_context is not None for stream in container.streams.audio)
    if has_sound:
        from visavis.media import open_recording

        recording = open_recording([path])
        separate = "one person per channel or track" if recording.voices else "one mixed track"
        lines.append(("as recording", f"{recording.mixed.duration:.2f} s, {separate}"))
        lines += [("note", note) for note in recording.notes]
    return lines


def _stream(stream: Any) -> str:
    from visavis.media.container import codec_name, is_cover

    codec = stream.codec_context
    parts = [codec_name(stream)]
    if stream.type == "audio" and codec is not None:
        parts += [f"{codec.sample_rate} Hz", f"{codec.channels} channel(s)"]
    if stream.type == "video" and codec is not None:
        parts.append(f"{codec.width}x{codec.height}")
        if not is_cover(stream):
            parts.append(f"{float(stream.average_rate or 0):.3f} frames/s")
    if stream.duration and stream.time_base:
        parts.append(f"{float(stream.duration * stream.time_base):.2f} s")
    kind = "cover" if is_cover(stream) else stream.type
    return f"{kind}: {', '.join(parts)}"


_BY_SUFFIX: dict[str, Callable[[Path], Lines]] = {
    ".npz": _npz, ".glb": _glb, ".gltf": _glb, ".parquet": _parquet, ".json": _json, ".png": _picture,
    ".jpg": _picture, ".jpeg": _picture, ".safetensors": lambda p: [("kind", "weights"), *_tensors(p)],
}  # fmt: skip
