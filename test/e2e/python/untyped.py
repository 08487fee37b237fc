"""Custom objects, the dynamic client with its discovery, and the elector that the client brings."""
import json
import os
import tempfile
import threading
import time

from kubernetes import client, dynamic, watch
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError, ResourceNotFoundError
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock

from claim import NAMESPACE, claim, eventually, refused, same

GROUP = "python.example.com"


def definition(plural, kind):
    properties = {
        "spec": {"type": "object", "properties": {
            "size": {"type": "integer", "minimum": 1}, "replicas": {"type": "integer", "default": 1}}},
        "status": {"type": "object", "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}}},
    }
    version = client.V1CustomResourceDefinitionVersion(
        name="v1",
        served=True,
        storage=True,
        schema=client.V1CustomResourceValidation(
            open_apiv3_schema=client.V1JSONSchemaProps(type="object", properties=properties)),
        subresources=client.V1CustomResourceSubresources(
            status={},
            scale=client.V1CustomResourceSubresourceScale(
                spec_replicas_path=".spec.replicas", status_replicas_path=".status.replicas")),
    )
    return client.V1CustomResourceDefinition(
        api_version="apiextensions.k8s.io/v1",
        kind="CustomResourceDefinition",
        metadata=client.V1ObjectMeta(name="%s.%s" % (plural, GROUP)),
        spec=client.V1CustomResourceDefinitionSpec(
            group=GROUP,
            scope="Namespaced",
            names=client.V1CustomResourceDefinitionNames(plural=plural, kind=kind, singular=kind.lower()),
            versions=[version],
        ),
    )


def define(plural, kind):
    api = client.ApiextensionsV1Api()
    made = api.create_custom_resource_definition(definition(plural, kind))
    same(made.spec.versions[0].schema.open_apiv3_schema.type, "object")

    def is_established():
        status = api.read_custom_resource_definition(made.metadata.name).status
        return any(one.type == "Established" and one.status == "True" for one in status.conditions or [])

    eventually("it is established", is_established)


@claim("defines a kind, and keeps custom objects, their status and their scale")
def keeps_custom_objects():
    define("things", "Thing")
    api = client.CustomObjectsApi()
    of = (GROUP, "v1", NAMESPACE, "things")
    thing = lambda name, spec: {
        "apiVersion": GROUP + "/v1", "kind": "Thing", "metadata": {"name": name}, "spec": spec}
    made = api.create_namespaced_custom_object(*of, thing("one", {"size": 2, "unknown": 1}))
    same(made["spec"], {"size": 2, "replicas": 1})
    made["spec"]["size"] = 3
    same(api.replace_namespaced_custom_object(*of, "one", made)["metadata"]["generation"], 2)
    told = refused(422, api.create_namespaced_custom_object, *of, thing("two", {"size": 0}))
    same([cause["field"] for cause in told["details"]["causes"]], ["spec.size"])
    stated = api.replace_namespaced_custom_object_status(
        *of, "one", {**api.get_namespaced_custom_object(*of, "one"), "status": {"phase": "Ready"}})
    same((stated["status"], stated["metadata"]["generation"]), ({"phase": "Ready"}, 2))
    same(api.get_namespaced_custom_object_scale(*of, "one")["spec"]["replicas"], 1)
    same([item["metadata"]["name"] for item in api.list_namespaced_custom_object(*of)["items"]], ["one"])
    seen = []
    since = made["metadata"]["resourceVersion"]
    for event in watch.Watch().stream(
        api.list_namespaced_custom_object, *of, resource_version=since, timeout_seconds=1
    ):
        seen.append((event["type"], event["object"]["metadata"]["name"]))
    same(seen, [("MODIFIED", "one"), ("MODIFIED", "one")])
    same(api.delete_namespaced_custom_object(*of, "one")["status"], "Success")
    refused(404, api.get_namespaced_custom_object, *of, "one")


@claim("patches custom objects by a merge and by a JSON patch, and is told that a strategic merge is none of theirs")
def patches_custom_objects():
    define("pieces", "Piece")
    of = (GROUP, "v1", NAMESPACE, "pieces")
    client.CustomObjectsApi().create_namespaced_custom_object(
        *of, {"apiVersion": GROUP + "/v1", "kind": "Piece", "metadata": {"name": "one"}, "spec": {"size": 2}})
    pieces = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version=GROUP + "/v1", kind="Piece")
    patch = lambda body, kind: pieces.patch(
        name="one", namespace=NAMESPACE, body=body, content_type="application/%s+json" % kind)
    same(patch({"spec": {"size": 5}}, "merge-patch").spec.size, 5)
    same(patch([{"op": "replace", "path": "/spec/size", "value": 6}], "json-patch").spec.size, 6)
    try:
        patch({"spec": {"size": 7}}, "strategic-merge-patch")
    except dynamic.exceptions.DynamicApiError as error:
        same(error.status, 415)
        assert "application/merge-patch+json" in str(error.body), error.body
    else:
        raise AssertionError("it was not refused")


@claim("the dynamic client: finds kinds by discovery, keeps what it found, and looks again for what it does not know")
def discovers_dynamically():
    with tempfile.TemporaryDirectory() as folder:
        cache = os.path.join(folder, "discovery.json")
        first = dynamic.DynamicClient(client.ApiClient(), cache_file=cache)
        deployments = first.resources.get(api_version="apps/v1", kind="Deployment")
        same((deployments.name, deployments.namespaced, deployments.preferred), ("deployments", True, True))
        assert "scale" in deployments.subresources and "status" in deployments.subresources
        assert {"get", "list", "watch", "patch", "deletecollection"} <= set(deployments.verbs)
        same(first.resources.get(short_names=["cm"], api_version="v1", kind="ConfigMap").name, "configmaps")
        assert os.path.getsize(cache) > 0
        # Another reads the first one's cache: it does not know a kind that came later, and asks anew.
        second = dynamic.DynamicClient(client.ApiClient(), cache_file=cache)
        same(second.resources.get(api_version="apps/v1", kind="Deployment").name, "deployments")
        try:
            second.resources.get(api_version=GROUP + "/v1", kind="Latecomer")
        except ResourceNotFoundError:
            pass
        else:
            raise AssertionError("it is there already")
        define("latecomers", "Latecomer")
        same(second.resources.get(api_version=GROUP + "/v1", kind="Latecomer").name, "latecomers")
        # All there is: every group's every version is read.
        kinds = {kind for found in second.resources for kind in [item.kind for item in found]}
        assert {"Pod", "Lease", "Role", "CronJob", "Latecomer", "LatecomerList"} <= kinds, kinds


@claim("the dynamic client: creates, gets, lists, patches, replaces, applies, watches and deletes")
def works_dynamically():
    maps = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic", "labels": {"by": "dynamic"}}, "data": {"a": "1"}}
    made = maps.create(body=body, namespace=NAMESPACE)
    same(maps.get(name="dynamic", namespace=NAMESPACE).data.a, "1")
    same([item.metadata.name for item in maps.get(namespace=NAMESPACE, label_selector="by=dynamic").items], ["dynamic"])
    same(maps.patch(name="dynamic", namespace=NAMESPACE, body={"data": {"b": "2"}}).to_dict()["data"], {"a": "1", "b": "2"})
    try:
        maps.replace(namespace=NAMESPACE, body={**body, "metadata": {
            "name": "dynamic", "resourceVersion": made.metadata.resourceVersion}})
    except ConflictError as error:
        same(error.status, 409)
        assert "the object has been modified" in error.summary(), error.summary()
    else:
        raise AssertionError("it was not refused")
    # Of this time's client only a text passes as YAML.
    apply = lambda data, manager, force=None: maps.server_side_apply(
        name="applied", namespace=NAMESPACE, field_manager=manager, force_conflicts=force,
        body=json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": data}))
    same(apply({"a": "1"}, "one").data.a, "1")
    try:
        apply({"a": "2"}, "two")
    except ConflictError as error:
        assert b"FieldManagerConflict" in error.body, error.body
    else:
        raise AssertionError("it was not refused")
    same(apply({"a": "2"}, "two", True).data.a, "2")
    maps.delete(name="dynamic", namespace=NAMESPACE)
    seen = [(event["type"], event["object"].metadata.name) for event in maps.watch(
        namespace=NAMESPACE, field_selector="metadata.name=dynamic", resource_version=made.metadata.resourceVersion, timeout=1)]
    same(seen, [("MODIFIED", "dynamic"), ("DELETED", "dynamic")])
    try:
        maps.get(name="dynamic", namespace=NAMESPACE)
    except NotFoundError as error:
        same(error.status, 404)
    else:
        raise AssertionError("it is still there")


@claim("elects one leader by a ConfigMap, and another when that one is gone")
def elects():
    leading, terms = [], []

    class Silenced(ConfigMapLock):
        """Of an elector that is no more: from then on it reaches nobody."""

        is_gone = False

        def update(self, *args):
            return False if self.is_gone else super().update(*args)

    locks = {}

    def stand(identity):
        locks[identity] = Silenced("python-elector", NAMESPACE, identity)

        def started():
            leading.append(identity)
            terms.append(list(leading))

        def stopped():
            leading.remove(identity)

        config = electionconfig.Config(
            locks[identity], lease_duration=3, renew_deadline=2, retry_period=1,
            onstarted_leading=started, onstopped_leading=stopped)
        threading.Thread(target=leaderelection.LeaderElection(config).run, daemon=True).start()

    for identity in ["one", "two", "three"]:
        stand(identity)
    eventually("a leader", lambda: leading)
    first = leading[0]
    renewed = lambda: client.CoreV1Api().read_namespaced_config_map("python-elector", NAMESPACE).metadata.resource_version
    before = renewed()
    eventually("it renews", lambda: renewed() != before)
    locks[first].is_gone = True
    eventually("another leads", lambda: leading and leading[0] != first)
    # Never two at once.
    same([len(term) for term in terms], [1, 1])
