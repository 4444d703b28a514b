"""Metrics as lines of the log, out of which CloudWatch reads them (its embedded metric format)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from payments import json_text
from payments.times import Clock, utc_now

NAMESPACE = "Payments"

type Unit = Literal["Count", "Milliseconds", "None"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Each value of a dimension is a metric that is paid for: they come from short, fixed lists."""

    environment: str
    clock: Clock = utc_now
    write: Callable[[str], None] = print

    def put(self, name: str, value: int, unit: Unit, **dimensions: str) -> None:
        """One value; names of metrics and dimensions are in upper camel case, as AWS's are."""
        values = {"Environment": self.environment, **dimensions}
        measured = {
            "Namespace": NAMESPACE,
            "Dimensions": [list(values)],
            "Metrics": [{"Name": name, "Unit": unit}],
        }
        timestamp = round(self.clock().timestamp() * 1000)
        line = {"_aws": {"Timestamp": timestamp, "CloudWatchMetrics": [measured]}, **values, name: value}
        self.write(json_text.write(line))
