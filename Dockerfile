# One image for the API, the worker and the migrations: `docker run bookme --help` lists the commands.
FROM python:3.12-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-default-groups --no-install-project
COPY activities activities
COPY admin admin
COPY api api
COPY cli cli
COPY config config
COPY domain domain
COPY integrations integrations
COPY services services
COPY storage storage
COPY workers workers
COPY workflows workflows
RUN uv sync --locked --no-default-groups --no-editable

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home bookme
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1
USER bookme
WORKDIR /home/bookme
EXPOSE 8000 9464
ENTRYPOINT ["bookme"]
CMD ["--help"]
