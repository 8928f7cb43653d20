"""A finished run with held-out sources, as a bundle records it."""

from core.bundle.held_out_run import HeldOutRun
from core.evaluation.limits import HeldOutLimits, HeldOutSource, LimitCheck, Limits
from core.evaluation.results import Interval, OperatingPoint


def check(coverage: float, classes: tuple[str, ...]) -> LimitCheck:
    """Return a check with this coverage of every class but ``normal``."""
    share = Interval(value=coverage, low=coverage - 0.05, high=coverage + 0.05)
    return LimitCheck(
        images=120,
        groups=90,
        classes=classes,
        coverage=share,
        coverage_by_class={"benign": share, "malignant": share},
        set_size=Interval(value=1.25, low=1.2, high=1.3),
        calibration_error=Interval(value=0.07, low=0.05, high=0.09),
        perfect_error=0.03,
    )


def held_out_run(**coverage: float) -> HeldOutRun:
    """Return a run over sources with these coverages, of which none has images of ``normal``."""
    sources = tuple(
        HeldOutSource(
            name=name,
            temperature=1.5,
            operating_point=OperatingPoint(threshold=0.3, sensitivity=None, specificity=None),
            as_predicted=check(value - 0.1, ("benign", "malignant", "normal")),
            among_present=check(value, ("benign", "malignant")),
        )
        for name, value in coverage.items()
    )
    limits = Limits(
        temperature=1.4,
        operating_threshold=0.3,
        conformal_thresholds={"benign": 0.8, "malignant": 0.85},
    )
    return HeldOutRun(
        hold_out="device",
        limits=HeldOutLimits(limits=limits, sources=sources),
        created="2026-11-28T12:00:00+00:00",
        command="python train_cli.py cross-validate DATA --hold-out device",
    )
