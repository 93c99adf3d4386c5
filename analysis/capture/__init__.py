"""Model to operator graph: agent processes that execute the user's code without data, and the decoding of what they record."""

from .agents import Agent, AgentLost, AgentPool, AgentUnavailable, Guarantee
from .around import Repository
from .cache import CachingCapturer
from .capturers import Capturer, PoolCapturer, at_once, is_lost, until_answered
from .request import Captured, CaptureError, CaptureRequest, file_request, module_request
from .surroundings import MENDED, Surroundings

__all__ = [
    "MENDED",
    "Agent",
    "AgentLost",
    "AgentPool",
    "AgentUnavailable",
    "CachingCapturer",
    "CaptureError",
    "CaptureRequest",
    "Captured",
    "Capturer",
    "Guarantee",
    "PoolCapturer",
    "Repository",
    "Surroundings",
    "at_once",
    "file_request",
    "is_lost",
    "module_request",
    "until_answered",
]
