"""The APIs by their names in a goal."""

from bridge.goals.reviewers import anthropic, openai
from bridge.goals.reviewers.base import Model
from bridge.protocol.messages.goals import ReviewerApi

MODELS: dict[ReviewerApi, Model] = {"openai": openai, "anthropic": anthropic}
KEY_ENV: dict[ReviewerApi, str] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
