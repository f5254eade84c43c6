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

{{- define "tp.kinds" -}}
{{- $kinds := list }}
{{- if .Values.workloads.deployments.enabled }}{{ $kinds = append $kinds "Deployment" }}{{ end }}
{{- if .Values.workloads.replicaSets.enabled }}{{ $kinds = append $kinds "ReplicaSet" }}{{ end }}
{{- if .Values.workloads.statefulSets.enabled }}{{ $kinds = append $kinds "StatefulSet" }}{{ end }}
{{- if .Values.workloads.jobs.enabled }}{{ $kinds = append (append $kinds "Job") "CronJob" }}{{ end }}
{{- if not $kinds }}{{ fail "workloads: at least one kind must be enabled" }}{{ end }}
{{- join " " $kinds }}
{{- end }}

{{- /* What the manager and the uninstall job both need to know. */}}
{{- define "tp.scopeEnv" -}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: MANAGED_NAMESPACES
  value: {{ join " " .Values.namespaces | quote }}
- name: WORKLOAD_KINDS
  value: {{ include "tp.kinds" . | quote }}
- name: WEBHOOK_NAME
  value: {{ include "tp.webhookName" . }}
{{- end }}

{{- /* Rights in every managed namespace. */}}
{{- define "tp.managedRules" -}}
- apiGroups: [""]
  resources: [pods, services]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [get, list, watch]
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
  verbs: [get, list]
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
