# What each set of samples needs beside its manifest, and the proof that it does what it is there for. A proof runs in a
# shell of its own, where SAMPLE is its name.

in_sample() { admin_kubectl -n "sample-$SAMPLE" "$@"; }
in_app() { in_sample exec deploy/app -- "$@"; }
value_of() { in_sample get "$1" -o "jsonpath=$2"; }
proven() { say "    $SAMPLE: $*"; }

# says TEXT COMMAND...: the command's answer, of whatever kind, has this text in it.
says() {
  local answer
  answer=$("${@:2}" 2>&1) || true
  [[ $answer == *"$1"* ]]
}

# is TEXT COMMAND...: that is all of its answer.
is() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }

# await WHAT COMMAND...: within a minute and a half.
await() { wait_for 90 "$1" "" "${@:2}" || die "$SAMPLE: no $1"; }

# try_pod NAMESPACE MORE-OF-THE-CONTAINER: asks for a pod which is checked by the API server and not made.
try_pod() {
  admin_kubectl -n "$1" create --dry-run=server -f - <<JSON
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tried"},
 "spec": {"containers": [{"name": "tried", "image": "localhost/echo:1"${2:+, $2}}]}}
JSON
}

# refuses TEXT NAMESPACE MORE-OF-THE-CONTAINER: the refusal has this text in it.
refuses() {
  local answer
  ! answer=$(try_pod "${@:2}" 2>&1) || die "$2 took a pod that it must refuse: ${3:-an ordinary one}"
  [[ $answer == *"$1"* ]] || die "$2 refused a pod for another reason: $answer"
}

prove_pod-security() {
  local privileged='"securityContext": {"privileged": true}' namespace=sample-pod-security
  try_pod $namespace-privileged "$privileged" >/dev/null
  try_pod $namespace-baseline >/dev/null
  refuses 'violates PodSecurity "baseline' $namespace-baseline "$privileged"
  refuses 'violates PodSecurity "restricted' $namespace-restricted
  is 1000 admin_kubectl -n $namespace-restricted exec deploy/app -- id -u || die "the restricted app is root"
  proven "baseline refuses a privileged pod, restricted an ordinary one; restricted's app runs as user 1000"
}

prove_quota() {
  await "refusal of a pod without requests" says "must specify" in_sample get events \
    --field-selector reason=FailedCreate -o 'jsonpath={.items[*].message}'
  refuses "exceeded quota" sample-quota \
    '"resources": {"requests": {"cpu": "2", "memory": "1Mi"}, "limits": {"cpu": "2", "memory": "1Mi"}}'
  await "count of what is used" is 50m value_of resourcequota/quota '{.status.used.requests\.cpu}'
  proven "a pod without requests is refused (event), one with too much too; the app's 50m are counted"
}

prove_limit-range() {
  local container='{.items[0].spec.containers[0].resources'
  is 400m/20m value_of pods "$container.limits.cpu}/$container.requests.cpu}" || die "the app was not given the defaults"
  refuses "maximum memory usage per Container is 128Mi" sample-limit-range '"resources": {"limits": {"memory": "1Gi"}}'
  proven "the app was given the limit 400m and the request 20m; a container with 1Gi is refused"
}

# evict APP: asks for it, and does not do it.
evict() {
  local pod
  pod=$(in_sample get pods -l app="$1" -o 'jsonpath={.items[0].metadata.name}')
  in_sample create --raw "/api/v1/namespaces/sample-$SAMPLE/pods/$pod/eviction?dryRun=All" -f - <<JSON
{"apiVersion": "$POLICY_API", "kind": "Eviction", "metadata": {"name": "$pod", "namespace": "sample-$SAMPLE"}}
JSON
}

prove_disruption-budget() {
  await "spare pod" is 1 value_of pdb/spare '{.status.disruptionsAllowed}'
  evict spare >/dev/null || die "a spare pod cannot be evicted"
  says "violate the pod's disruption budget" evict app || die "the budget lets a pod go that it must keep"
  proven "an eviction of one app is forbidden, of the other allowed"
}

prove_autoscaler() {
  # The version that knows conditions is not the one that kubectl asks for everywhere.
  local hpa=hpa.${AUTOSCALING_API#*/}.autoscaling/app
  await "second pod, which is the autoscaler's doing" is 2 value_of deployment/app '{.status.readyReplicas}'
  await "state of the target" says ScalingActive value_of "$hpa" '{.status.conditions[*].type}'
  proven "raised the app to 2 pods; ScalingActive is" \
    "$(value_of "$hpa" '{.status.conditions[?(@.type=="ScalingActive")].status}')," \
    "$(value_of "$hpa" '{.status.conditions[?(@.type=="ScalingActive")].reason}')"
}

prepare_stateful-set() {
  mkdir -p "$STATE/$FIRST_NODE/samples/ordered-0" "$STATE/$LAST_NODE/samples/ordered-1"
}

clear_stateful-set() {
  local node
  for node in $(node_names); do rm -rf "$STATE/$node/samples"; done
}

revision_of() { value_of "pod/$1" '{.metadata.labels.controller-revision-hash}'; }

# is_updated POD: has the newest revision, and is ready.
is_updated() {
  [ "$(revision_of "$1")" = "$(value_of statefulset/ordered '{.status.updateRevision}')" ] && is_ready_again "$1"
}

is_ready_again() { is True value_of "pod/$1" '{.status.conditions[?(@.type=="Ready")].status}'; }

prove_stateful-set() {
  local old
  says "Service: ordered" in_sample exec ordered-1 -- cat /data/answer || die "ordered-1 did not find ordered-0"
  old=$(value_of statefulset/ordered '{.status.currentRevision}')
  in_sample patch statefulset/ordered -p '{"spec":{"template":{"metadata":{"annotations":{"sample-round":"2"}}}}}' >/dev/null
  await "update of ordered-1" is_updated ordered-1
  in_sample exec ordered-0 -- sh -c 'echo kept >/data/note'
  in_sample delete pod/ordered-0 >/dev/null
  await "new ordered-0" is_ready_again ordered-0
  [ "$(revision_of ordered-0)" = "$old" ] || die "the partition did not keep ordered-0 from the update"
  is kept in_sample exec ordered-0 -- cat /data/note || die "the volume of ordered-0 is not the one it had"
  proven "ordered-1 found ordered-0 by name, an update reached ordered-1 only, a new ordered-0 has its volume again"
}

prove_job() {
  await "end of the Job count" is 3 value_of job/count '{.status.succeeded}'
  says counted in_sample logs job/count || die "the Job count wrote nothing"
  await "failure of the Job fails" says BackoffLimitExceeded value_of job/fails '{.status.conditions[*].reason}'
  in_sample wait --for=condition=Ready pod -l app=serves --timeout=60s >/dev/null
  says "Service: serves" in_sample exec job/serves -- wget -qO- http://127.0.0.1:8080/ || die "the Job serves does not"
  proven "count ended after 3 pods, fails failed, serves answers"
}

finished_by_cron() {
  value_of jobs '{range .items[?(@.status.succeeded==1)]}{.metadata.ownerReferences[0].name} {end}'
}

prove_cron-job() {
  await "run of the CronJob, which is due each minute" says minutely finished_by_cron
  ! says suspended value_of jobs '{.items[*].metadata.name}' || die "the suspended CronJob ran"
  proven "the clock made a Job that ended well, and none of the suspended one"
}

# A node is named once for each ready pod that it has.
ready_nodes() {
  value_of pods '{range .items[?(@.status.containerStatuses[0].ready==true)]}{.spec.nodeName}{"\n"}{end}' | sort | xargs
}

prove_daemon-set() {
  await "ready pod on each of $(running_nodes | xargs)" is "$(running_nodes | xargs)" ready_nodes
  proven "one ready pod on each of $(ready_nodes)"
}

prove_native-sidecar() {
  says "Service: sidecar" in_app cat /tmp/answer || die "the app did not find its sidecar when it started"
  is "0 true" in_sample get pods -l app=app -o \
    'jsonpath={.items[0].status.containerStatuses[0].restartCount} {.items[0].status.initContainerStatuses[0].started}' ||
    die "the app had to start twice, or its sidecar does not run"
  await "end of the Job" is 1 value_of job/batch '{.status.succeeded}'
  says "Service: sidecar" in_sample logs job/batch -c app || die "the Job did not find its sidecar"
  proven "the app found its sidecar when it started; a Job ended although its sidecar ran on"
}

why_lacking_user-namespaces() {
  local ready
  [ "$(cat /proc/sys/user/max_user_namespaces 2>/dev/null || echo 0)" -gt 0 ] ||
    { echo "the machine's kernel allows no user namespaces" && return; }
  ready=$(admin_kubectl get nodes -o 'jsonpath={.items[*].status.runtimeHandlers[?(@.name=="runc")].features.userNamespaces}')
  [[ $ready == *true* && $ready != *false* ]] || echo "the nodes' container runtime has no user namespaces"
}

prove_user-namespaces() {
  local outside count
  read -r _ outside count <<<"$(in_app cat /proc/self/uid_map)"
  [ "$outside" -gt 0 ] || die "root of the pod is root of the node"
  is 0 in_app sh -c 'touch /data/file && stat -c %u /data/file' || die "the pod's volume is not its own"
  proven "users 0 to $((count - 1)) of the pod are $outside and higher on the node, and its volume is its own"
}

prove_image-volume() {
  is "hello from an image" in_app cat /files/texts/greeting.txt || die "the image's file is not there"
  is "hello from an image" in_app cat /texts/greeting.txt || die "the image's folder is not there"
  says "Read-only" in_app touch /files/new || die "the image can be written"
  proven "the app reads the image's files, whole and a folder of them, and cannot write"
}

# claims_of TOKEN: its middle part.
claims_of() {
  local middle=${1#*.}
  middle=$(tr '_-' '/+' <<<"${middle%%.*}")
  while [ $((${#middle} % 4)) != 0 ]; do middle+="="; done
  base64 -d <<<"$middle"
}

prove_projected-token() {
  local token claims
  token=$(in_app cat /identity/token)
  claims=$(claims_of "$token" | jq -r '"\(.aud | join(",")) \(.exp - .iat) \(.sub)"')
  [ "$claims" = "sample-audience 600 system:serviceaccount:sample-projected-token:app" ] || die "the token says $claims"
  review "$token" '"sample-audience"' true || die "the API server does not know its own token"
  review "$token" '' null || die "the API server takes a token that is for somebody else"
  is projected in_app cat /identity/password || die "the Secret is not in the volume"
  says 'app="app"' in_app cat /identity/labels || die "the labels are not in the volume"
  says CERTIFICATE in_app cat /identity/ca.crt || die "the authority's certificate is not in the volume"
  proven "the token's audience, its 600 s and its account are right; good for that audience, no good for the API server"
}

# review TOKEN AUDIENCES ANSWER: what the API server says of it.
review() {
  local answer
  answer=$(
    admin_kubectl create -o json -f - <<JSON
{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "$1", "audiences": [$2]}}
JSON
  )
  [ "$(jq -r .status.authenticated <<<"$answer")" = "$3" ]
}
