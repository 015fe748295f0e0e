"""Contrast as WCAG 2 defines it."""

from __future__ import annotations

import numpy as np

__all__ = ["contrast", "luminance"]


def luminance(colour: np.ndarray) -> np.ndarray:
    """The relative luminance of colours, shape (…, 3), parts from 0 to 255; WCAG 2."""
    part = np.asarray(colour, dtype=float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(text: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """The contrast of colours of text to those behind it, from 1 to 21; WCAG 2."""
    a, b = luminance(text), luminance(behind)
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)
