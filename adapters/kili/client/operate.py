"""Kili's own client does its work against the stand-in: each call asserts on what the client returns.

SANDBOX_URL is the GraphQL endpoint, SANDBOX_KEY the key. The client's start-up checks are left on.
"""

import json
import os
import tempfile
import urllib.request
import warnings

from kili.client import Kili
from kili.exceptions import AuthenticationFailed, DeprecatedArgumentError, GraphQLError, NotFound
from kili.services.asset_import.exceptions import ImportValidationError

URL = os.environ["SANDBOX_URL"].rstrip("/") + "/api/label/v2/graphql"
KEY = os.environ["SANDBOX_KEY"]
PROJECT = "rehearsal"

assert "KILI_SDK_SKIP_CHECKS" not in os.environ
os.environ["KILI_DISABLE_TQDM"] = "true"
warnings.simplefilter("ignore")


def main():
    cache = tempfile.mkdtemp()
    kili = connect(KEY, cache)
    a_wrong_key_is_refused(cache)
    projects_are_found_and_made(kili)
    assets_are_appended(kili)
    predictions_are_added(kili)
    labels_are_added_and_deleted(kili)
    priorities_are_set(kili)
    assets_go_back_to_the_queue(kili)
    errors_are_told(kili)
    large_bodies_are_compressed(kili)
    plain_errors_and_status(KEY)


def connect(key, cache):
    return Kili(api_key=key, api_endpoint=URL, graphql_client_params={"graphql_schema_cache_dir": cache})


def a_wrong_key_is_refused(cache):
    raises(AuthenticationFailed, lambda: connect(KEY + "-wrong", cache))


def projects_are_found_and_made(kili):
    [project] = kili.projects(project_id=PROJECT, fields=["id", "inputType", "jsonInterface", "steps.id", "workflowVersion"], as_generator=False)
    assert project["inputType"] == "IMAGE", project
    assert "car" in project["jsonInterface"]["jobs"]["BOXES"]["content"]["categories"], project
    made = kili.create_project(
        title="made", input_type="IMAGE",
        json_interface={"jobs": {"J": {"mlTask": "CLASSIFICATION", "content": {"categories": {"A": {"name": "a"}}, "input": "radio"}}}},
    )
    assert kili.count_projects() == 2 and made["id"] != PROJECT, made


def assets_are_appended(kili):
    ids = [f"op-{i}" for i in range(250)]
    made = kili.append_many_to_dataset(
        project_id=PROJECT, content_array=[f"https://images.example.com/{i}.jpg" for i in ids], external_id_array=ids,
        json_metadata_array=[{"issue": "42"} for _ in ids],
    )
    assert len(made["asset_ids"]) == 250, len(made["asset_ids"])
    assert kili.count_assets(project_id=PROJECT, external_id_strictly_in=ids) == 250
    [one] = kili.assets(
        project_id=PROJECT, external_id_strictly_in=["op-7"], fields=["id", "externalId", "status", "jsonMetadata", "content", "priority"], as_generator=False
    )
    assert one["status"] == "TODO" and one["jsonMetadata"] == {"issue": "42"} and one["priority"] == 0, one
    assert one["id"] == made["asset_ids"][7], one

    # What is there already is dropped, by asking first; where all is there nothing is sent.
    again = kili.append_many_to_dataset(
        project_id=PROJECT, content_array=["https://images.example.com/op-0.jpg", "https://images.example.com/more.jpg"], external_id_array=["op-0", "op-more"]
    )
    assert len(again["asset_ids"]) == 1, again
    raises(ImportValidationError, lambda: kili.append_many_to_dataset(
        project_id=PROJECT, content_array=["https://images.example.com/op-0.jpg"], external_id_array=["op-0"]))
    assert kili.count_assets(project_id=PROJECT, external_id_in=["op-"]) == 251


BOX = {"BOXES": {"annotations": [{
    "mid": "m1", "type": "rectangle", "categories": [{"name": "car", "confidence": 100}], "children": {},
    "boundingPoly": [{"normalizedVertices": [{"x": 0.1, "y": 0.1}, {"x": 0.1, "y": 0.2}, {"x": 0.2, "y": 0.2}, {"x": 0.2, "y": 0.1}]}],
}]}}
SCENE = {"SCENE": {"categories": [{"name": "sunny", "confidence": 90}]}}


def predictions_are_added(kili):
    externals = ["op-0", "op-1"]
    for response in (BOX, SCENE):  # the second time they are replaced
        answer = kili.create_predictions(
            project_id=PROJECT, external_id_array=externals, json_response_array=[response, BOX], model_name="gateway", overwrite=True
        )
        assert answer == {"id": PROJECT}, answer
    found = list(kili.labels(PROJECT, asset_external_id_strictly_in=externals, fields=["labelType", "modelName", "jsonResponse"], type_in=["PREDICTION"]))
    assert len(found) == 2 and {p["modelName"] for p in found} == {"gateway"}, found
    assert {json.dumps(p["jsonResponse"]) for p in found} == {json.dumps(SCENE), json.dumps(BOX)}, found
    raises(NotFound, lambda: kili.create_predictions(
        project_id=PROJECT, external_id_array=["nowhere"], json_response_array=[BOX], model_name="gateway"))


def labels_are_added_and_deleted(kili):
    made = kili.append_labels(project_id=PROJECT, asset_external_id_array=["op-0", "op-1", "op-2"], json_response_array=[SCENE] * 3)
    assert len(made) == 3, made
    assert status(kili, "op-2") == "LABELED"
    assert kili.delete_labels(ids=[made[2]["id"]]) == [made[2]["id"]]
    assert kili.count_labels(project_id=PROJECT, type_in=["DEFAULT"], asset_external_id_strictly_in=["op-0", "op-1", "op-2"]) == 2


def priorities_are_set(kili):
    out = kili.set_assets_priority(external_ids=["op-0", "op-1"], priority=7, project_id=PROJECT)
    assert len(out["succeeded"]) == 2 and not out["declined"] and not out["failed"], out
    [one] = kili.assets(project_id=PROJECT, external_id_strictly_in=["op-1"], fields=["id", "priority"], as_generator=False)
    assert one["priority"] == 7, one


def assets_go_back_to_the_queue(kili):
    out = kili.send_back_to_queue(external_ids=["op-0", "op-5", "busy-1"], project_id=PROJECT)
    assert [a["externalId"] for a in out["succeeded"]] == ["op-0"], out
    assert [a["externalId"] for a in out["declined"]] == ["op-5"], out  # it still is to be labelled
    assert [a["externalId"] for a in out["failed"]] == ["busy-1"] and out["failed"][0]["details"], out
    assert status(kili, "op-0") == "ONGOING"
    again = kili.send_back_to_queue(external_ids=["op-0"], project_id=PROJECT)
    assert len(again["declined"]) == 1 and not again["succeeded"], again
    many = kili.send_back_to_queue(external_ids=[f"op-{i}" for i in range(250)], project_id=PROJECT)  # 100 + 100 + 50
    assert len(many["declined"]) == 248 and len(many["succeeded"]) == 2, {k: len(v) for k, v in many.items()}  # op-1 and op-2
    out = kili.add_to_review(external_ids=["frame-070001"], project_id=PROJECT)
    assert len(out["succeeded"]) == 1, out


def errors_are_told(kili):
    raises(NotFound, lambda: kili.send_back_to_queue(external_ids=["nowhere"], project_id=PROJECT))
    raises(NotFound, lambda: kili.assets(project_id="no-such-project", fields=["id"], as_generator=False))
    error = raises(GraphQLError, lambda: kili.count_assets(project_id="no-such-project"))
    assert "no-such-project" in str(error), error
    error = raises(GraphQLError, lambda: kili.create_predictions(
        project_id=PROJECT, external_id_array=["op-3"], json_response_array=[{"BOXES": {"annotations": [
            {**BOX["BOXES"]["annotations"][0], "categories": [{"name": "unicorn"}]}]}}], model_name="gateway"))
    assert "unicorn" in str(error), error
    raises(DeprecatedArgumentError, lambda: kili.update_properties_in_assets(external_ids=["op-3"], priorities=[1], project_id=PROJECT))
    error = raises(ValueError, lambda: kili.append_labels(project_id=PROJECT, asset_external_id_array=["busy-1"], json_response_array=[SCENE]))
    assert "edited by another user" in str(error), error
    assert kili.update_properties_in_assets(external_ids=["op-3"], json_metadatas=[{"a": 1}], project_id=PROJECT)


def large_bodies_are_compressed(kili):
    ids = [f"big-{i}" for i in range(20)]
    made = kili.append_many_to_dataset(
        project_id=PROJECT, content_array=[f"https://images.example.com/{i}.jpg" for i in ids], external_id_array=ids,
        json_metadata_array=[{"text": "x" * 90_000} for _ in ids],
    )
    assert len(made["asset_ids"]) == 20, made
    assert kili.graphql_client._gql_transport.adapter.compress_requests, "a compressed body was refused"


def plain_errors_and_status(key):
    """What the client never sends is refused as well."""
    for body, want in (
        (b"{", 400),
        (b'{"query": "{ viewer { id } }", "surplus": 1}', 400),
        (b'{"query": "{ viewer { nothing } }"}', 400),
        (b'{"query": "query($w: AssetWhere!) { countAssets(where: $w) }", "variables": {"w": {"externalIds": ["a"]}}}', 400),
        (b'{"query": "query { countAssets(where: {}) }"}', 200),
    ):
        request = urllib.request.Request(URL, body, {"Authorization": "X-API-Key: " + key, "Content-Type": "application/json"})
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        assert answer.status == want, (body, answer.status, answer.read())
    assert "errors" in json.loads(answer.read())


def status(kili, external_id):
    [one] = kili.assets(project_id=PROJECT, external_id_strictly_in=[external_id], fields=["id", "status"], as_generator=False)
    return one["status"]


def raises(kind, call):
    try:
        answer = call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected, got {answer!r}")


main()
print("ok")
