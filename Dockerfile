FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM node:26-bookworm-slim AS production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=peer --ignore-scripts

FROM node:26-bookworm-slim
WORKDIR /app
COPY package.json openapi.yaml copydock.example.yaml LICENSE ./
COPY migrations migrations
COPY --from=production /app/node_modules node_modules
COPY --from=build /app/dist dist
# Beyond loopback Copydock wants API keys, and says so where there are none.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
# The user node, by number: Kubernetes checks runAsNonRoot without the image's user names.
USER 1000
EXPOSE 8080
# For serve and api; a container that runs the worker alone needs COPYDOCK_METRICS_PORT.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.COPYDOCK_METRICS_PORT || process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli.js"]
CMD ["serve"]
