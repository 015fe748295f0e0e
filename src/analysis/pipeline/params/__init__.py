"""The parameters of a profile: typed models, the YAML file that fills them, and every fault named at once."""

from analysis.pipeline.params.files import load_profile
from analysis.pipeline.params.sections import SECTIONS, Profile
from analysis.pipeline.params.types import Section

__all__ = ["SECTIONS", "Profile", "Section", "load_profile"]
