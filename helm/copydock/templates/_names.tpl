{{- define "copydock.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "copydock.fullname" -}}
{{- $name := include "copydock.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "copydock.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What finds the pods of a component: dict "root" $ "component" "api". It never changes. */}}
{{- define "copydock.selector" -}}
app.kubernetes.io/name: {{ include "copydock.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "copydock.labels" -}}
{{ include "copydock.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The name of a component's ServiceAccount: dict "root" $ "component" "api" "settings" .Values.api. */}}
{{- define "copydock.serviceAccountName" -}}
{{- if .settings.serviceAccount.create -}}
{{- .settings.serviceAccount.name | default (printf "%s-%s" (include "copydock.fullname" .root) .component) -}}
{{- else -}}
{{- .settings.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* The sets of workers, each with what it does not say itself taken from workerDefaults: a JSON list. */}}
{{- define "copydock.workers" -}}
{{- $workers := list -}}
{{- range .Values.workers -}}
{{- $workers = append $workers (mergeOverwrite (deepCopy $.Values.workerDefaults) (deepCopy .)) -}}
{{- end -}}
{{- toJson $workers -}}
{{- end -}}

{{/* What is wrong in a way that the schema can't say. */}}
{{- define "copydock.check" -}}
{{- if and (eq .Values.mode "serve") .Values.workers -}}
{{- fail "workers: mode serve runs the worker within the API's pods; leave workers out, or set mode to split" -}}
{{- end -}}
{{- $names := dict -}}
{{- range .Values.workers -}}
{{- if hasKey $names .name -}}{{- fail (printf "workers: the name %s stands twice" .name) -}}{{- end -}}
{{- $_ := set $names .name true -}}
{{- end -}}
{{- end -}}
