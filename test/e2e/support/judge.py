# Parses expositions with Prometheus' own client library, and prints what it read as JSON.
# Usage: judge.py FILE...
# Files that end in .om are parsed as strict OpenMetrics, the others as text 0.0.4.

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        exposition = file.read()
    families = []
    try:
        for family in (parse_openmetrics if path.endswith(".om") else parse_text)(exposition):
            samples = []
            for sample in family.samples:
                if sample.timestamp is not None or sample.exemplar is not None:
                    raise ValueError(f"{sample.name} has a timestamp or an exemplar")
                samples.append({"name": sample.name, "labels": sample.labels, "value": repr(float(sample.value))})
            families.append({
                "name": family.name,
                "type": family.type,
                "unit": family.unit,
                "help": family.documentation,
                "samples": samples,
            })
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"families": families}


json.dump({path: read(path) for path in sys.argv[1:]}, sys.stdout)
