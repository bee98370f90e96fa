"""Kili's own client reads what the adapter has sent, and prints it as JSON.

Arguments: the external ids of the assets to read.
"""

import json
import os
import sys
import tempfile
import warnings

from kili.client import Kili

os.environ["KILI_DISABLE_TQDM"] = "true"
warnings.simplefilter("ignore")
kili = Kili(
    api_key=os.environ["SANDBOX_KEY"], api_endpoint=os.environ["SANDBOX_URL"].rstrip("/") + "/api/label/v2/graphql",
    graphql_client_params={"graphql_schema_cache_dir": tempfile.mkdtemp()},
)
PROJECT, EXTERNAL_IDS = "rehearsal", sys.argv[1:]
read = {
    "assets": kili.assets(
        project_id=PROJECT, external_id_strictly_in=EXTERNAL_IDS, as_generator=False,
        fields=["id", "externalId", "content", "jsonMetadata", "status", "priority", "isHoneypot"],
    ),
    # As the client understands them: it goes by the project's interface, and knows each annotation's kind.
    "labels": [],
}
labels = kili.labels(
    PROJECT, asset_external_id_strictly_in=EXTERNAL_IDS, type_in=["PREDICTION"], fields=["jsonResponse", "modelName"],
    output_format="parsed_label", as_generator=False,
)
for label in labels:
    jobs = {}
    for name, job in label.jobs.items():
        if name in ("SCENE", "LIGHT"):
            jobs[name] = [c.name for c in job.categories]
            continue
        jobs[name] = [
            {"type": a.type, "class": a.categories[0].name, "mid": a.mid, "confidence": a.categories[0].as_dict().get("confidence")}
            for a in job.annotations
        ]
    read["labels"].append({"model": label["modelName"], "jobs": jobs})
json.dump(read, sys.stdout)
