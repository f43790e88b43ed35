{{/*
A pod's spec without its container's command: dict "root" $ "component" name "settings" values "args" list "secrets" names
"env" variables "config" the ConfigMap's name, and "probed" for services, "port" for the API.
*/}}
{{- define "copydock.podSpec" -}}
{{- $root := .root -}}
serviceAccountName: {{ include "copydock.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
containers:
  - name: copydock
    image: {{ include "copydock.image" $root }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: {{- toYaml .args | nindent 6 }}
    env:
      {{- range $name, $value := .env }}
      - { name: {{ $name }}, value: {{ $value | toString | quote }} }
      {{- end }}
    envFrom:
      {{- range .secrets }}
      - secretRef: { name: {{ . }} }
      {{- end }}
    {{- if .probed }}
    ports:
      {{- if .port }}
      - { name: http, containerPort: 8080 }
      {{- end }}
      - { name: metrics, containerPort: 9464 }
    startupProbe:
      httpGet: { path: /livez, port: metrics }
      periodSeconds: 2
      failureThreshold: 60
    livenessProbe:
      httpGet: { path: /livez, port: {{ ternary "http" "metrics" (default false .port) }} }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: { path: /readyz, port: {{ ternary "http" "metrics" (default false .port) }} }
      periodSeconds: 5
      timeoutSeconds: 12
    {{- end }}
    {{- if .port }}
    # Until every node has taken the pod out of the Service.
    lifecycle: { preStop: { exec: { command: [sleep, '5'] } } }
    {{- end }}
    resources: {{- toYaml .settings.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    volumeMounts:
      - { name: config, mountPath: /etc/copydock, readOnly: true }
      - { name: tmp, mountPath: /tmp }
      {{- with $root.Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap: { name: {{ .config }} }
  - name: tmp
    {{- include "copydock.tmpVolume" . | nindent 4 }}
  {{- with $root.Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .settings.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* One GiB more than Parquet objects may take, so that the limit is Copydock's and not an eviction. */}}
{{- define "copydock.tmpVolume" -}}
{{- if not .settings.tmp -}}
emptyDir: { sizeLimit: 64Mi }
{{- else if .settings.tmp.storageClassName -}}
ephemeral:
  volumeClaimTemplate:
    spec:
      accessModes: [ReadWriteOnce]
      storageClassName: {{ .settings.tmp.storageClassName }}
      resources: { requests: { storage: {{ add1 .settings.tmp.sizeGiB }}Gi } }
{{- else -}}
emptyDir: { sizeLimit: {{ add1 .settings.tmp.sizeGiB }}Gi }
{{- end -}}
{{- end -}}

{{/* Variables of a process: dict "root" $ "settings" values, and "environments" of a worker. */}}
{{- define "copydock.env" -}}
{{- $own := dict "COPYDOCK_CONFIG" "/etc/copydock/copydock.yaml" "HOST" "0.0.0.0" "PORT" "8080" "COPYDOCK_METRICS_PORT" "9464" "COPYDOCK_SHUTDOWN_TIMEOUT_S" .root.Values.shutdownTimeoutSeconds "TMPDIR" "/tmp" -}}
{{- with .settings.tmp -}}{{- $_ := set $own "COPYDOCK_TEMP_MAX_SIZE" (printf "%dGiB" (int .sizeGiB)) -}}{{- end -}}
{{- with .environments -}}{{- $_ := set $own "COPYDOCK_ENVIRONMENTS" (join "," .) -}}{{- end -}}
{{- mergeOverwrite (dict) .root.Values.env (default dict .settings.env) $own | toJson -}}
{{- end -}}

{{/* A Deployment: what copydock.podSpec takes, and "name". */}}
{{- define "copydock.deployment" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels: {{- include "copydock.labels" . | nindent 4 }}
spec:
  {{- if not .settings.autoscaling.enabled }}
  replicas: {{ .settings.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels: {{- include "copydock.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "copydock.labels" . | nindent 8 }}
        {{- with .settings.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ $root.Values.config | toJson | sha256sum }}
        {{- with .settings.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      # The time of running loads, 30 seconds to give the rest back, the pause of preStop and a margin.
      terminationGracePeriodSeconds: {{ add $root.Values.shutdownTimeoutSeconds 40 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "copydock.selector" . | nindent 14 }}
      {{- include "copydock.podSpec" . | nindent 6 }}
{{- end -}}
