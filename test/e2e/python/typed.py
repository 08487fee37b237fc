"""The typed client: each API group's class, and models of what they answer."""
import datetime

from kubernetes import client, utils, watch

from claim import NAMESPACE, claim, eventually, refused, same


def config_map(name, data=None, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data or {})


def deployment(name, replicas=1):
    labels = {"app": name}
    container = client.V1Container(
        name="main",
        image="main:1",
        env=[client.V1EnvVar(name="A", value="1"), client.V1EnvVar(name="B", value="2")],
        ports=[client.V1ContainerPort(container_port=80)],
        resources=client.V1ResourceRequirements(requests={"cpu": "100m", "memory": "64Mi"}),
    )
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )
    spec = client.V1DeploymentSpec(
        replicas=replicas, selector=client.V1LabelSelector(match_labels=labels), template=template
    )
    return client.V1Deployment(metadata=client.V1ObjectMeta(name=name), spec=spec)


@claim("finds the version, the groups, and the kinds of a group")
def discovers():
    code = client.VersionApi().get_code()
    same((code.major, code.minor), ("1", "32"))
    groups = {group.name for group in client.ApisApi().get_api_versions().groups}
    assert {"apps", "batch", "coordination.k8s.io", "apiextensions.k8s.io"} <= groups, groups
    names = {resource.name for resource in client.AppsV1Api().get_api_resources().resources}
    assert {"deployments", "deployments/scale", "statefulsets/status"} <= names, names
    same(client.CoreApi().get_api_versions().versions, ["v1"])


@claim("creates, reads, replaces and deletes ConfigMaps")
def keeps_config_maps():
    core = client.CoreV1Api()
    made = core.create_namespaced_config_map(NAMESPACE, config_map("typed", {"a": "1"}))
    assert isinstance(made.metadata.creation_timestamp, datetime.datetime)
    same(made.metadata.creation_timestamp.tzinfo is not None, True)
    made.data = {"b": "2"}
    replaced = core.replace_namespaced_config_map("typed", NAMESPACE, made)
    same(replaced.data, {"b": "2"})
    stale = refused(409, core.replace_namespaced_config_map, "typed", NAMESPACE, made)
    same((stale["reason"], stale["details"]["name"], stale["details"]["kind"]), ("Conflict", "typed", "configmaps"))
    same(core.read_namespaced_config_map("typed", NAMESPACE).to_dict(), replaced.to_dict())
    gone = core.delete_namespaced_config_map("typed", NAMESPACE)
    same((gone.status, gone.details.name, gone.details.uid), ("Success", "typed", made.metadata.uid))
    same(refused(404, core.read_namespaced_config_map, "typed", NAMESPACE)["reason"], "NotFound")


@claim("creates, scales, and deletes Deployments with what they own")
def keeps_deployments():
    apps = client.AppsV1Api()
    made = apps.create_namespaced_deployment(NAMESPACE, deployment("web"))
    same(made.spec.strategy.rolling_update.max_surge, "25%")
    same(made.spec.template.spec.containers[0].resources.requests, {"cpu": "100m", "memory": "64Mi"})
    scale = apps.read_namespaced_deployment_scale("web", NAMESPACE)
    same((scale.spec.replicas, scale.status.selector), (1, "app=web"))
    apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 3}})
    same(apps.read_namespaced_deployment("web", NAMESPACE).spec.replicas, 3)

    def owned():
        items = apps.list_namespaced_replica_set(NAMESPACE, label_selector="app=web").items
        return [item for item in items if item.metadata.owner_references[0].uid == made.metadata.uid]

    eventually("a ReplicaSet", owned)
    eventually("3 Pods", lambda: len(client.CoreV1Api().list_namespaced_pod(NAMESPACE, label_selector="app=web").items) == 3)
    apps.delete_namespaced_deployment("web", NAMESPACE, body=client.V1DeleteOptions(propagation_policy="Foreground"))
    eventually("nothing that it owned", lambda: not owned())
    refused(404, apps.read_namespaced_deployment, "web", NAMESPACE)


@claim("patches: a dict is a strategic merge, a list is a JSON patch")
def patches():
    apps, core = client.AppsV1Api(), client.CoreV1Api()
    apps.create_namespaced_deployment(NAMESPACE, deployment("patched", 0))
    env = [{"name": "B", "value": "3"}, {"name": "A", "$patch": "delete"}]
    containers = {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": env}]}}}}
    patched = apps.patch_namespaced_deployment("patched", NAMESPACE, containers)
    container = patched.spec.template.spec.containers[0]
    same([(item.name, item.value) for item in container.env], [("B", "3")])
    same(container.image, "main:1")
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 0},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
    ]
    same(apps.patch_namespaced_deployment("patched", NAMESPACE, operations).spec.replicas, 2)
    failed = refused(422, apps.patch_namespaced_deployment, "patched", NAMESPACE, operations)
    same(failed["reason"], "Invalid")
    core.create_namespaced_config_map(NAMESPACE, config_map("patched", {"a": "1"}))
    dry = core.patch_namespaced_config_map("patched", NAMESPACE, {"data": {"a": None, "b": "2"}}, dry_run="All")
    same(dry.data, {"b": "2"})
    same(core.read_namespaced_config_map("patched", NAMESPACE).data, {"a": "1"})
    apps.delete_namespaced_deployment("patched", NAMESPACE)


@claim("pages through a list that is written meanwhile: one state, each object once")
def pages():
    core = client.CoreV1Api()
    names = ["paged-%d" % number for number in range(7)]
    for name in names:
        core.create_namespaced_config_map(NAMESPACE, config_map(name, labels={"paged": "yes"}))
    seen, versions, token, left = [], set(), None, []
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, label_selector="paged=yes", limit=3, _continue=token)
        seen += [item.metadata.name for item in page.items]
        versions.add(page.metadata.resource_version)
        left.append(page.metadata.remaining_item_count)
        token = page.metadata._continue
        core.create_namespaced_config_map(NAMESPACE, config_map("paged-0-%d" % len(seen), labels={"paged": "yes"}))
        if len(seen) == 3:
            core.delete_namespaced_config_map("paged-6", NAMESPACE)
        if not token:
            break
    same(seen, names)
    same(len(versions), 1)
    # How many are left is not known of what a selector picks.
    same(left, [None, None, None])
    refused(400, core.list_namespaced_config_map, NAMESPACE, limit=3, _continue="nonsense")


@claim("watches from a version: each change in order, as its model, and ends in time")
def watches():
    core = client.CoreV1Api()
    since = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    core.create_namespaced_config_map(NAMESPACE, config_map("watched"))
    core.patch_namespaced_config_map("watched", NAMESPACE, {"data": {"a": "1"}})
    core.delete_namespaced_config_map("watched", NAMESPACE)
    watcher = watch.Watch()
    seen = []
    for event in watcher.stream(
        core.list_namespaced_config_map, NAMESPACE, resource_version=since, timeout_seconds=1, allow_watch_bookmarks=True
    ):
        if event["type"] != "BOOKMARK":
            seen.append((event["type"], event["object"].metadata.name, event["object"].data))
    same(seen, [("ADDED", "watched", None), ("MODIFIED", "watched", {"a": "1"}), ("DELETED", "watched", {"a": "1"})])
    assert int(watcher.resource_version) > int(since)
    # Without a version: first what there is.
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_config_map, NAMESPACE, field_selector="metadata.name=kube-root-ca.crt"):
        same((event["type"], event["object"].metadata.name), ("ADDED", "kube-root-ca.crt"))
        watcher.stop()


@claim("is told with 410 that a version can not be watched from")
def watches_too_late():
    from kubernetes.client.rest import ApiException

    core = client.CoreV1Api()
    try:
        for _ in watch.Watch().stream(
            core.list_namespaced_config_map, NAMESPACE, resource_version="999999999", timeout_seconds=2
        ):
            raise AssertionError("an event")
    except ApiException as error:
        same(error.status, 410)
        assert error.reason.startswith("Expired: "), error.reason
        return
    raise AssertionError("no error")


@claim("deletes with options: preconditions, grace, dry run, orphans, collections by label")
def deletes():
    core, apps = client.CoreV1Api(), client.AppsV1Api()
    made = core.create_namespaced_config_map(NAMESPACE, config_map("guarded", labels={"guarded": "yes"}))
    other = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="another"))
    same(refused(409, core.delete_namespaced_config_map, "guarded", NAMESPACE, body=other)["reason"], "Conflict")
    core.delete_namespaced_config_map("guarded", NAMESPACE, dry_run="All")
    same(core.read_namespaced_config_map("guarded", NAMESPACE).metadata.uid, made.metadata.uid)
    core.create_namespaced_config_map(NAMESPACE, config_map("unguarded"))
    core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="guarded=yes")
    refused(404, core.read_namespaced_config_map, "guarded", NAMESPACE)
    core.read_namespaced_config_map("unguarded", NAMESPACE)
    apps.create_namespaced_deployment(NAMESPACE, deployment("orphaned", 0))
    sets = lambda: apps.list_namespaced_replica_set(NAMESPACE, label_selector="app=orphaned").items
    eventually("a ReplicaSet", sets)
    apps.delete_namespaced_deployment("orphaned", NAMESPACE, propagation_policy="Orphan")
    eventually("nobody that owns it", lambda: sets() and not sets()[0].metadata.owner_references)
    apps.delete_collection_namespaced_replica_set(NAMESPACE, label_selector="app=orphaned")
    # Bound to a node that is not there, a Pod stays until its grace is over.
    spec = client.V1PodSpec(node_name="nowhere", containers=[client.V1Container(name="main", image="main:1")])
    core.create_namespaced_pod(NAMESPACE, client.V1Pod(metadata=client.V1ObjectMeta(name="graced"), spec=spec))
    core.delete_namespaced_pod("graced", NAMESPACE, grace_period_seconds=600)
    same(core.read_namespaced_pod("graced", NAMESPACE).metadata.deletion_grace_period_seconds, 600)
    core.delete_namespaced_pod("graced", NAMESPACE, grace_period_seconds=0)
    refused(404, core.read_namespaced_pod, "graced", NAMESPACE)


@claim("is refused with a Status whose causes name the fields")
def explains():
    body = deployment("Bad_Name", -1)
    told = refused(422, client.AppsV1Api().create_namespaced_deployment, NAMESPACE, body)
    same((told["reason"], told["details"]["group"], told["details"]["kind"]), ("Invalid", "apps", "Deployment"))
    fields = {cause["field"] for cause in told["details"]["causes"]}
    assert {"metadata.name", "spec.replicas"} <= fields, fields
    same(refused(404, client.CoreV1Api().read_namespace, "nowhere")["message"], 'namespaces "nowhere" not found')


@claim("creates what a YAML document holds, of several kinds")
def creates_from_documents():
    documents = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "documented"}},
        {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "documented"}}
            for name in ["one", "two"]
        ]},
        {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "often", "namespace": "documented"}, "spec": {
            "schedule": "*/5 * * * *",
            "jobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never", "containers": [{"name": "main", "image": "main:1"}],
            }}}},
        }},
    ]
    for document in documents:
        utils.create_from_dict(client.ApiClient(), document)
    core = client.CoreV1Api()
    names = [item.metadata.name for item in core.list_namespaced_config_map("documented").items]
    assert {"one", "two"} <= set(names), names
    same(client.BatchV1Api().read_namespaced_cron_job("often", "documented").spec.concurrency_policy, "Allow")
    core.delete_namespace("documented")
    eventually("the namespace is gone", lambda: "documented" not in [n.metadata.name for n in core.list_namespace().items])


@claim("asks who may do what, and for a token of a ServiceAccount")
def reviews():
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(
        resource_attributes=client.V1ResourceAttributes(verb="create", resource="pods", namespace=NAMESPACE)))
    same(client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed, True)
    core = client.CoreV1Api()
    core.create_namespaced_service_account(NAMESPACE, client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="robot")))
    request = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=600))
    token = core.create_namespaced_service_account_token("robot", NAMESPACE, request).status.token
    same(len(token.split(".")), 3)
    reviewed = client.AuthenticationV1Api().create_token_review(
        client.V1TokenReview(spec=client.V1TokenReviewSpec(token=token)))
    same(reviewed.status.user.username, "system:serviceaccount:default:robot")


@claim("makes Jobs, Services, Events and Leases as models read them")
def reads_models():
    core = client.CoreV1Api()
    ports = [client.V1ServicePort(port=80, target_port="http")]
    made = core.create_namespaced_service(NAMESPACE, client.V1Service(
        metadata=client.V1ObjectMeta(name="modelled"), spec=client.V1ServiceSpec(selector={"a": "b"}, ports=ports)))
    same((made.spec.ports[0].target_port, made.spec.type), ("http", "ClusterIP"))
    now = datetime.datetime.now(datetime.timezone.utc)
    lease = client.CoordinationV1Api().create_namespaced_lease(NAMESPACE, client.V1Lease(
        metadata=client.V1ObjectMeta(name="modelled"), spec=client.V1LeaseSpec(holder_identity="me", renew_time=now)))
    same(lease.spec.renew_time, now)
    event = core.create_namespaced_event(NAMESPACE, client.CoreV1Event(
        metadata=client.V1ObjectMeta(name="modelled"), reason="Shown", message="it is", type="Normal",
        involved_object=client.V1ObjectReference(kind="Service", name="modelled", namespace=NAMESPACE)))
    fields = "involvedObject.name=modelled,reason=Shown"
    same([item.metadata.uid for item in core.list_namespaced_event(NAMESPACE, field_selector=fields).items],
         [event.metadata.uid])
    job = client.BatchV1Api().create_namespaced_job(NAMESPACE, client.V1Job(
        metadata=client.V1ObjectMeta(name="modelled"),
        spec=client.V1JobSpec(template=client.V1PodTemplateSpec(spec=client.V1PodSpec(
            restart_policy="Never", containers=[client.V1Container(name="main", image="main:1")])))))
    same((job.spec.backoff_limit, job.spec.completions), (6, 1))
