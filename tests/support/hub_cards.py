"""The front matter of cards, by the rules of the Hub's documentation that concern us."""

from __future__ import annotations

import re
from typing import Any

import yaml


def front_matter(text: str) -> dict[str, Any] | None:
    """Return the metadata of a card, or None without any."""
    match = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    return yaml.safe_load(match[1]) if match else None


def problems(card: str, kind: str) -> list[dict[str, str]]:
    """Return the errors in the metadata of a card."""
    try:
        metadata = front_matter(card) or {}
        for index in metadata.get("model-index", []):
            assert isinstance(index["name"], str), "model-index: name"
            for result in index["results"]:
                assert isinstance(result["task"]["type"], str), "model-index: task"
                assert all(isinstance(result["dataset"][key], str) for key in ("type", "name")), "dataset"
                for metric in result["metrics"]:
                    assert isinstance(metric["type"], str), "model-index: metric"
                    assert isinstance(metric["value"], int | float), "model-index: value"
        for key in ("tags", "datasets", "models"):
            assert all(isinstance(word, str) for word in metadata.get(key, [])), key
        if kind == "space":
            assert metadata["sdk"] in ("docker", "gradio", "static"), "sdk"
            assert isinstance(metadata.get("app_port", 7860), int), "app_port"
            assert len(metadata.get("short_description", "")) <= 60, "short_description"
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, AssertionError) as error:
        return [{"message": str(error)}]
    return []
