"""Label Studio's own client does its work: each call asserts on what the client returns.

SANDBOX_URL is the server, SANDBOX_KEY a legacy token. It runs against the stand-in, and against a real server too (with
EDITION=Community, where there are no Enterprise answers).
"""

import json
import os

import httpx
from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.data_manager import Column, Filters, Operator, Type

URL = os.environ["SANDBOX_URL"].rstrip("/")
KEY = os.environ["SANDBOX_KEY"]

CONFIG = """<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="bbox" toName="image"><Label value="car"/><Label value="dog"/></RectangleLabels>
  <Choices name="scene" toName="image"><Choice value="day"/><Choice value="night"/></Choices>
</View>"""


def main():
    ls = LabelStudio(base_url=URL, api_key=KEY)
    project = projects_are_made_and_read(ls)
    ids = tasks_are_imported_with_predictions(ls, project)
    tasks_are_found_by_key(ls, project)
    a_repeat_is_not_found_out(ls, project)
    errors_are_told(ls, project)
    tasks_are_marked_and_reopened(ls, project, ids)
    predictions_are_added(ls, project, ids)
    personal_tokens_are_exchanged(ls, project)
    wrong_keys_are_refused()
    if os.environ.get("EDITION") != "Community":
        enterprise_imports_are_polled(ls)
        enterprise_annotations_are_reviewed(ls)
    ls.projects.delete(id=project)
    raises(404, lambda: ls.projects.get(id=project))


def box(label="car", x=10.5):
    return {
        "id": "r1", "from_name": "bbox", "to_name": "image", "type": "rectanglelabels", "original_width": 1920,
        "original_height": 1080, "image_rotation": 0,
        "value": {"x": x, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": [label]},
    }


def task(key, *regions):
    prediction = {"model_version": "det-v3", "score": 0.87, "result": list(regions)}
    return {"data": {"image": f"https://x.example.com/{key}.jpg", "gw_key": key}, "meta": {"n": 1}, "predictions": [prediction]}


def projects_are_made_and_read(ls):
    made = ls.projects.create(title="Made by the client", label_config=CONFIG)
    got = ls.projects.get(id=made.id)
    assert got.title == "Made by the client", got
    assert got.parsed_label_config["bbox"]["labels"] == ["car", "dog"], got.parsed_label_config
    assert got.parsed_label_config["scene"]["type"] == "Choices", got.parsed_label_config
    assert got.get_label_interface().get_control("bbox").labels == ["car", "dog"]
    assert made.id in [p.id for p in ls.projects.list()]
    raises(400, lambda: ls.projects.create(title="x", label_config=CONFIG))
    raises(400, lambda: ls.projects.create(title="Broken", label_config="<View><"))
    return made.id


def tasks_are_imported_with_predictions(ls, project):
    said = ls.projects.import_tasks(
        id=project, request=[task("k1", box()), task("k2", box("dog"), box("car", 1))], commit_to_project=True, return_task_ids=True,
    )
    assert (said.task_count, said.annotation_count, said.model_extra["prediction_count"]) == (2, 0, 2), said
    ids = said.model_extra["task_ids"]
    got = ls.tasks.get(id=ids[1])
    assert got.data["gw_key"] == "k2" and got.meta == {"n": 1}, got
    [prediction] = ls.predictions.list(task=ids[1])
    assert prediction.result == [box("dog"), box("car", 1)], prediction
    assert prediction.score == 0.87 and prediction.model_version == "det-v3" and prediction.task == ids[1], prediction
    assert ls.projects.get(id=project).model_version == "det-v3"
    one = ls.projects.import_tasks(id=project, request=[{"data": {"image": "not-committed"}}], commit_to_project=False)
    assert one.task_count == 1 and len(list(ls.tasks.list(project=project))) == 2
    return ids


def query(*keys):
    items = [Filters.item(Column.data("gw_key"), "in_list", Type.List, {"unused": 0})]
    filters = Filters.create(Filters.AND, items)
    filters["items"][0]["value"] = list(keys)
    return json.dumps({"filters": filters, "ordering": ["tasks:id"]})


def tasks_are_found_by_key(ls, project):
    found = list(ls.tasks.list(project=project, query=query("k2", "nowhere"), include="id,data,annotations", page_size=10))
    assert [t.data["gw_key"] for t in found] == ["k2"], found
    contains = Filters.create(Filters.AND, [Filters.item(Column.data("gw_key"), Operator.CONTAINS, Type.String, "K")])
    found = list(ls.tasks.list(project=project, query=json.dumps({"filters": contains}), page_size=1))
    assert len(found) == 2 and len(found[0].predictions) == 1, found
    assert list(ls.tasks.list(project=project, query=query("nowhere"))) == []


def a_repeat_is_not_found_out(ls, project):
    ls.projects.import_tasks(id=project, request=[task("k3", box())])
    said = ls.projects.import_tasks(id=project, request=[task("k3", box())], return_task_ids=True)
    found = list(ls.tasks.list(project=project, query=query("k3")))
    assert len(found) == 2, "an import has no key by which a repeat is told"
    ls.tasks.delete(id=str(said.model_extra["task_ids"][0]))
    assert len(list(ls.tasks.list(project=project, query=query("k3")))) == 1


def errors_are_told(ls, project):
    body = raises(400, lambda: ls.projects.import_tasks(id=project, request=[task("a", box()), {"data": {"img": "x"}}]))
    [good, bad] = body["validation_errors"]["non_field_errors"]
    assert good == {} and bad.startswith('Error at item 1: "image" key is expected in task data'), body
    body = raises(400, lambda: ls.projects.import_tasks(id=project, request=[task("a", box()), task("b", box("zebra"))]))
    [text] = body["validation_errors"]["predictions"]
    assert text.startswith("Prediction validation failed (1 errors):\n- Task 1, prediction 0: Region 0: Invalid value for control 'bbox'"), text
    body = raises(400, lambda: ls.projects.import_tasks(id=project, request=[]))
    assert body["validation_errors"]["non_field_errors"] == ["load_tasks: No tasks added"], body
    assert len(list(ls.tasks.list(project=project))) == 3, "an import is all or nothing"
    body = raises(404, lambda: ls.projects.import_tasks(id=99999, request=[task("a")]))
    assert "<html" in body, body
    assert raises(404, lambda: ls.tasks.get(id="99999"))["detail"] == "No Task matches the given query."


def tasks_are_marked_and_reopened(ls, project, ids):
    for number in ids:
        for _ in range(2):
            ls.annotations.create(id=number, result=[box()], was_cancelled=False, lead_time=3.5)
    [first, second] = ls.annotations.list(id=ids[0])
    assert first.result == [box()] and first.lead_time == 3.5, first
    selected = {"all": False, "included": ids}
    ls.actions.create(
        id="add_data_field", project=project, selected_items=selected,
        request_options={"additional_body_parameters": {"value_name": "rework", "value_type": "String", "value": "yes"}},
    )
    got = ls.tasks.get(id=ids[0])
    assert got.data["rework"] == "yes" and got.is_labeled, got
    [listed] = [t for t in ls.tasks.list(project=project, include="id,annotations") if t.id == ids[0]]
    assert [a["id"] for a in listed.annotations] == [first.id, second.id], listed
    converted = plain("POST", f"/api/annotations/{first.id}/convert-to-draft", {})
    assert converted.status_code == 201 and converted.json()["result"] == [box()], converted.text
    again = plain("POST", f"/api/annotations/{first.id}/convert-to-draft", {})
    assert again.status_code == 404 and "<html" in again.text, again.text
    assert raises(404, lambda: ls.annotations.get(id=first.id))["detail"] == "No Annotation matches the given query."
    ls.annotations.delete(id=second.id)
    got = ls.tasks.get(id=ids[0])
    assert not got.is_labeled and got.total_annotations == 0, got
    ls.actions.create(id="delete_tasks_annotations", project=project, selected_items={"all": False, "included": [ids[1]]})
    assert ls.annotations.list(id=ids[1]) == []
    ls.annotations.create(id=ids[1], result=[box()])
    ls.actions.create(id="delete_tasks_annotations", project=project, selected_items={"all": False, "included": []})
    assert ls.annotations.list(id=ids[1]) == [], "an empty selection is taken for all"


def predictions_are_added(ls, project, ids):
    made = ls.predictions.create(task=ids[0], result=[box()], score=0.4, model_version="v2")
    assert made.result == [box()] and made.task == ids[0], made
    plain("POST", f"/api/projects/{project}/import/predictions", [{"task": ids[1], "result": [box()], "model_version": "v3"}])
    assert [p.model_version for p in ls.predictions.list(task=ids[1])] == ["det-v3", "v3"]
    raises(400, lambda: ls.predictions.create(task=99999, result=[box()]))


def personal_tokens_are_exchanged(ls, project):
    token = ls.tokens.create().token
    raises(409, lambda: ls.tokens.create())
    personal = LabelStudio(base_url=URL, api_key=token)
    assert personal.projects.get(id=project).id == project
    rotated = ls.tokens.rotate(refresh=token).refresh
    raises(401, lambda: LabelStudio(base_url=URL, api_key=token).projects.get(id=project))
    assert LabelStudio(base_url=URL, api_key=rotated).projects.get(id=project).id == project
    refused = httpx.get(f"{URL}/api/projects/{project}/", headers={"Authorization": f"Bearer {rotated}"})
    assert refused.status_code == 401 and "not provided" in refused.text, refused.text
    assert httpx.get(f"{URL}/api/projects/{project}/", headers={"Authorization": f"Token {rotated}"}).status_code == 401
    ls.tokens.blacklist(refresh=rotated)


def wrong_keys_are_refused():
    body = raises(401, lambda: LabelStudio(base_url=URL, api_key=KEY + "x").projects.get(id=1))
    assert body["detail"] == "Invalid token.", body


def enterprise_imports_are_polled(ls):
    made = ls.projects.create(title="Enterprise, made by the client", label_config=CONFIG)
    said = ls.projects.import_tasks(id=made.id, request=[task("e1", box())], commit_to_project=True, return_task_ids=True)
    assert said.import_ and said.task_count is None, said
    seen = []
    while not seen or seen[-1].status not in ("completed", "failed"):
        seen.append(ls.tasks.create_many_status(id=made.id, import_pk=said.import_))
    assert [s.status for s in seen] == ["in_progress", "completed"], seen
    assert seen[-1].task_count == 1 and seen[-1].prediction_count == 1, seen[-1]
    assert ls.tasks.get(id=seen[-1].task_ids[0]).data["gw_key"] == "e1"
    said = ls.projects.import_tasks(id=made.id, request=[task("e2", box("zebra"))])
    while (status := ls.tasks.create_many_status(id=made.id, import_pk=said.import_)).status != "failed":
        pass
    assert "Task 0, prediction 0: Region 0" in status.error, status


def enterprise_annotations_are_reviewed(ls):
    project = next(p for p in ls.projects.list() if p.title.startswith("Enterprise, made"))
    [found] = ls.tasks.list(project=project.id)
    annotation = ls.annotations.create(id=found.id, result=[box()])
    made = ls.annotation_reviews.create(annotation=annotation.id, accepted=False, comment="the box is too large")
    assert made.accepted is False and made.annotation == annotation.id, made
    [listed] = ls.annotation_reviews.list(annotation=annotation.id)
    assert listed.id == made.id, listed
    raises(400, lambda: ls.annotation_reviews.create(annotation=99999, accepted=False))


def plain(method, path, body):
    """A call that the client has no method for, or whose answer it drops."""
    return httpx.request(method, URL + path, json=body, headers={"Authorization": f"Token {KEY}"})


def raises(status, call):
    try:
        call()
    except ApiError as e:
        assert e.status_code == status, e
        return e.body
    raise AssertionError(f"no error; expected status {status}")


if __name__ == "__main__":
    main()
    print("ok")
