{{- define "tp.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tp.selector" -}}
app: traffic-manager
telepresence: manager
{{- end }}

{{- define "tp.image" -}}
{{ .Values.image.registry }}/{{ .Values.image.name }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "tp.agentImage" -}}
{{ .Values.agent.image.registry | default .Values.image.registry }}/{{ .Values.agent.image.name }}:{{ .Values.agent.image.tag | default .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "tp.webhookName" -}}
{{ .Values.agentInjector.webhook.name }}-{{ .Release.Namespace }}
{{- end }}

{{- /* What the manager and the uninstall job read: whole subtrees of the values, so that a new value needs no line here.
       Left out is what only this chart reads, filled in what it derives. No secrets: this goes into a ConfigMap. */}}
{{- define "tp.settings" -}}
{{- $settings := pick .Values "agent" "agentInjector" "apiPort" "audit" "intercept" "logLevel" "namespaces" "podCIDRStrategy" "podCIDRs" "policies" "reach" "telepresenceAPI" "timeouts" "workloads" }}
{{- $image := omit .Values.agent.image "registry" "name" "tag" }}
{{- $_ := set $image "reference" (include "tp.agentImage" .) }}
{{- $_ := set $image "pullPolicy" (.Values.agent.image.pullPolicy | default .Values.image.pullPolicy) }}
{{- $_ := set $settings "agent" (set (omit .Values.agent "image") "image" $image) }}
{{- $webhook := omit .Values.agentInjector.webhook "failurePolicy" "objectSelector" "reinvocationPolicy" }}
{{- $_ := set $webhook "name" (include "tp.webhookName" .) }}
{{- $injector := omit .Values.agentInjector "certificate" "checkOverlap" "secret" "service" }}
{{- $_ := set $settings "agentInjector" (set $injector "webhook" $webhook) }}
{{- $_ := set $settings "security" (omit .Values.security "authentication") }}
{{- toPrettyJson $settings }}
{{- end }}

{{- /* Of clients: a ticket says who created it, and grants nothing; nobody signs it. */}}
{{- define "tp.ticketRule" -}}
- apiGroups: [certificates.k8s.io]
  resources: [certificatesigningrequests]
  verbs: [create]
{{- end }}

{{- /* Rights in every managed namespace. */}}
{{- define "tp.managedRules" -}}
- apiGroups: [""]
  resources: [pods, services]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- if .Values.audit.events }}
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets]
  verbs: [get, list, watch]
{{- if .Values.workloads.jobs.enabled }}
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list, watch]
{{- end }}
{{- if .Values.agentInjector.enabled }}
{{- /* Whether it admits NET_ADMIN, and which policies would drop what an agent takes over. */}}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list]
- apiGroups: [""]
  resources: [pods]
  verbs: [patch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list]
{{- /* Only there the API server may be without EndpointSlices; Endpoints are deprecated since 1.33. */}}
{{- if semverCompare "<1.21.0-0" .Capabilities.KubeVersion.Version }}
- apiGroups: [""]
  resources: [endpoints]
  verbs: [get]
{{- end }}
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
{{- end }}
{{- end }}

{{/* What clients may in the namespaces where they work. */}}
{{- define "tp.clientRules" -}}
# Virtual: the traffic-manager asks for them. create is intercept, replace and wiretap; get is ingest.
- apiGroups: [telepresence.io]
  resources: [attachments]
  verbs: [create, get]
- apiGroups: [telepresence.io]
  resources: [logs, logs/yaml]
  verbs: [get]
{{- if .Values.clientRbac.legacyAccess }}
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
{{- end }}
{{- with .Values.clientRbac.ruleExtras }}
{{ toYaml . }}
{{- end }}
{{- end }}
