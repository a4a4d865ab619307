# One image for every role, its sources run as they are by Node's own type stripping.
FROM node:24.21.0-bookworm-slim

WORKDIR /offgraph
# Development dependencies bring compilers and a second Node; none of them is needed to run.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY bin bin
COPY schemas schemas
COPY detectors detectors
COPY services services
# Volumes that are mounted here first belong to who the folders belong to.
RUN install -d -o node -g node -m 0700 /data /etc/offgraph \
 && install -d -o node -g node -m 0755 /etc/offgraph/gateway /etc/offgraph/redis /etc/offgraph/collector

ENV NODE_ENV=production \
    OFFGRAPH_DATA=/data \
    OFFGRAPH_HTTP_HOST=0.0.0.0
USER node
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7070/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# No shell in between: SIGTERM reaches the process, which then finishes cleanly.
ENTRYPOINT ["node", "bin/offgraph.js"]
CMD ["start"]
