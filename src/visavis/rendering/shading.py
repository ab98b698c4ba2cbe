"""Shading: one small shader for skin, eyes, hair and cloth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Material:
    """A kind of surface.

    Attributes:
        parts: Parts of a figure made of it.
        wrap: How far light reaches around an edge, 0 to 1; skin and cloth scatter it.
        bleed: How much redder the shadow's edge is, as light under skin is.
        gloss: Strength of the highlight.
        sharp: Its exponent.
        sheen: Brightness at grazing angles, as of peach fuzz or wool.
        two_sided: Whether its inside can be seen.
        strands: Whether it is made of strands that run downwards, which shine across themselves.
    """

    parts: tuple[str, ...]
    wrap: float
    bleed: float
    gloss: float
    sharp: float
    sheen: float
    two_sided: bool = False
    strands: bool = False


MATERIALS = (
    Material(("skin",), 0.30, 0.55, 0.16, 22.0, 0.10),
    Material(("eyes",), 0.20, 0.0, 0.9, 220.0, 0.0),
    Material(("teeth", "tongue"), 0.45, 0.2, 0.20, 60.0, 0.0, True),
    Material(("lashes", "hair"), 0.25, 0.0, 0.8, 60.0, 0.08, True, True),
    Material(("shirt", "trousers", "shoes"), 0.25, 0.0, 0.03, 8.0, 0.16, True),
)

WOOD = Material((), 0.15, 0.0, 0.10, 24.0, 0.03, True)

# Directions towards the three lights in the camera's frame (right, up, towards the viewer) and their colours: a warm
# key from the upper left, a cool fill from the right, a rim from behind.
_LIGHTS = """
  vec3 keyDir = normalize(vec3(-0.55, 0.62, 0.62)); vec3 keyRgb = vec3(1.00, 0.93, 0.84) * 1.30;
  vec3 fillDir = normalize(vec3(0.85, 0.10, 0.50)); vec3 fillRgb = vec3(0.80, 0.89, 1.00) * 0.34;
  vec3 rimDir = normalize(vec3(0.35, 0.55, -0.85)); vec3 rimRgb = vec3(1.00, 0.96, 0.90) * 0.60;
  vec3 skyRgb = vec3(0.96, 0.97, 1.00) * 0.46; vec3 floorRgb = vec3(0.85, 0.72, 0.60) * 0.26;
"""


def shader(material: Material) -> str:
    """GLSL that takes the place of VTK's lighting.

    Light is added in linear space: wrapped Lambert (with a red terminator for skin), a Blinn-Phong highlight with
    Schlick's Fresnel, hemisphere ambient light times the baked share, a sheen, then a soft shoulder and sRGB.
    """
    m = material
    # Kajiya & Kay 1989, "Rendering fur with three dimensional textures": light glances off cylinders along the tangent.
    facing = "sqrt(max(0.0, 1.0 - dot(T, H) * dot(T, H)))" if m.strands else "clamp(dot(N, H), 0.0, 1.0)"
    tint = " * (0.25 + 2.5 * albedo)" if m.strands else ""
    inner = "sum *= gl_FrontFacing ? 1.0 : 0.25;  // little light gets between head and hair" if m.strands else ""
    return f"""{_LIGHTS}
  vec3 N = normalize(normalVCVSOutput);
  vec3 V = normalize(-vertexVC.xyz);
  vec3 T = normalize(vec3(0.0, 1.0, 0.0) - N.y * N + vec3(1e-4, 0.0, 0.0));
  vec3 albedo = pow(diffuseColor, vec3(2.2));
  float share = opacity;
  vec3 sum = albedo * mix(floorRgb, skyRgb, 0.5 + 0.5 * N.y) * share;
  float grazing = pow(1.0 - clamp(dot(N, V), 0.0, 1.0), 4.0);
  for (int i = 0; i < 3; i++) {{
    vec3 L = i == 0 ? keyDir : (i == 1 ? fillDir : rimDir);
    vec3 rgb = i == 0 ? keyRgb : (i == 1 ? fillRgb : rimRgb);
    float lambert = dot(N, L);
    float wrapped = clamp((lambert + {m.wrap}) / (1.0 + {m.wrap}), 0.0, 1.0);
    vec3 soft = mix(vec3(wrapped), pow(vec3(wrapped), vec3(0.85, 1.25, 1.45)), {m.bleed});
    vec3 H = normalize(L + V);
    float fresnel = 0.30 + 0.70 * pow(1.0 - clamp(dot(H, V), 0.0, 1.0), 5.0);
    float spot = pow({facing}, {m.sharp}) * {m.gloss} * fresnel * clamp(lambert * 4.0, 0.0, 1.0);
    sum += rgb * (albedo * soft + spot{tint}) * mix(1.0, share, 0.65);
  }}
  sum += (skyRgb + 0.3 * keyRgb) * {m.sheen} * grazing * share * (0.4 + albedo);
  {inner}
  sum = sum * (1.0 + sum * 0.12) / (1.0 + sum * 0.32);
  fragOutput0 = vec4(pow(sum, vec3(1.0 / 2.2)), 1.0);
"""


def apply(actor: Any, material: Material) -> None:
    """Gives a VTK actor a material."""
    look = actor.GetProperty()
    look.SetInterpolationToPhong()
    look.SetAmbient(0)
    look.SetDiffuse(1)
    look.SetSpecular(0)
    if not material.two_sided:
        look.BackfaceCullingOn()
    actor.ForceOpaqueOn()
    actor.GetShaderProperty().AddFragmentShaderReplacement("//VTK::Light::Impl", True, shader(material), False)
