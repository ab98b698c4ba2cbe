"""A conversation as an image and as a video, as formats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from visavis.conversation import Conversation
from visavis.rendering.timeline import draw_timeline
from visavis.rendering.video import FPS as VIDEO_FPS
from visavis.rendering.video import SIZE as VIDEO_SIZE
from visavis.rendering.video import render_video
from visavis.reporter import Update
from visavis.scene.at_rest import at_rest


def write_timeline(conversation: Conversation, paths: Sequence[Path], _update: Update) -> Sequence[str]:
    """Of the format ``timeline``."""
    draw_timeline(conversation, paths[0])
    return ()


def tell_video(conversation: Conversation) -> str:
    """Of the format ``video``."""
    return f"{conversation.duration:.1f} s at {VIDEO_FPS:g} frames per second, {VIDEO_SIZE[0]}x{VIDEO_SIZE[1]}"


def write_video(conversation: Conversation, paths: Sequence[Path], update: Update) -> Sequence[str]:
    """Of the format ``video``: whoever has no motion is shown at rest."""
    render_video(at_rest(conversation), paths[0], update=update)
    return ()
