{{/* Beside each Deployment; each takes dict "root" $ "component" name "settings" values "name" of the Deployment. */}}

{{- define "copydock.serviceAccount" -}}
{{- if .settings.serviceAccount.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "copydock.serviceAccountName" . }}
  labels: {{- include "copydock.labels" . | nindent 4 }}
  {{- $annotations := mergeOverwrite (dict) .settings.serviceAccount.annotations (default dict .annotations) }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{- define "copydock.autoscaler" -}}
{{- if .settings.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels: {{- include "copydock.labels" . | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ .name }} }
  minReplicas: {{ .settings.autoscaling.minReplicas }}
  maxReplicas: {{ .settings.autoscaling.maxReplicas }}
  metrics:
    {{- with .settings.autoscaling.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- else }}
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ .settings.autoscaling.targetCPUUtilizationPercentage }} }
    {{- end }}
{{- end }}
{{- end -}}

{{- define "copydock.disruptionBudget" -}}
{{- if .settings.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels: {{- include "copydock.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .settings.podDisruptionBudget.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "copydock.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* An ExternalSecret: dict "root" $ "item" of externalSecrets "suffix" "annotations". */}}
{{- define "copydock.externalSecret" -}}
{{- $name := printf "%s%s" .item.name .suffix }}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ $name }}
  labels: {{- include "copydock.labels" (dict "root" .root "component" "secrets") | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- mergeOverwrite (deepCopy .item.spec) (dict "target" (dict "name" $name)) | toYaml | nindent 2 }}
{{- end -}}
