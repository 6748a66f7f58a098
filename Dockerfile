# One image for the API, the worker and the migrations: `docker run bookme --help` lists the commands.
# The same Python as the tests have (.python-version). A release names the image by its digest
# (.github/workflows/release.yml).
ARG PYTHON_IMAGE=python:3.11-slim-trixie

FROM ${PYTHON_IMAGE} AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
# `bookme mcp` uses the Python client.
COPY clients/python clients/python
RUN uv sync --locked --no-default-groups --extra mcp --no-install-project --no-editable
COPY activities activities
COPY admin admin
COPY agents agents
COPY api api
COPY cli cli
COPY config config
COPY domain domain
COPY integrations integrations
COPY services services
COPY storage storage
COPY workers workers
COPY workflows workflows
RUN uv sync --locked --no-default-groups --extra mcp --no-editable

FROM ${PYTHON_IMAGE}
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="BookMe" \
      org.opencontainers.image.description="A booking service that never double-books and never loses a booking." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 bookme && useradd --uid 10001 --gid bookme --create-home bookme
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By number: Kubernetes cannot see that a name is not root.
USER 10001:10001
WORKDIR /home/bookme
EXPOSE 8000 9464
# No HEALTHCHECK: each command has another one, in docker-compose.yml and deploy/kubernetes.
ENTRYPOINT ["bookme"]
CMD ["--help"]
