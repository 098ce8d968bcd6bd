# syntax=docker/dockerfile:1
FROM node:22-bookworm-slim AS build
WORKDIR /shoal
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm pack --pack-destination /tmp

FROM node:22-bookworm-slim
ENV NODE_ENV=production ONNXRUNTIME_NODE_INSTALL=skip SHOAL_HOME=/data
COPY --from=build /tmp/shoal-node-*.tgz /tmp/shoal.tgz
RUN npm install --global /tmp/shoal.tgz && rm -rf /tmp/shoal.tgz /root/.npm \
  && mkdir /data && chown node:node /data
USER node
VOLUME /data
# TCP, WebSocket, WebRTC-direct; the gateway stays on loopback unless --http and SHOAL_API_KEY say otherwise
EXPOSE 4484/tcp 4485/tcp 4486/udp
ENTRYPOINT ["shoal"]
CMD ["serve"]
