FROM python:3.11-slim AS build

WORKDIR /build
RUN python -m venv /opt/build && python -m venv --without-pip /opt/synchub
COPY requirements.txt requirements-build.txt ./
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt \
    && /opt/build/bin/pip --python /opt/synchub/bin/python install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/build/bin/pip --python /opt/synchub/bin/python install --no-cache-dir --no-deps dist/synchub-*.whl


FROM python:3.11-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk fonts-noto-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin synchub \
    && install --directory --owner synchub --group synchub --mode 0750 /data
COPY --from=build /opt/synchub /opt/synchub
ENV PATH=/opt/synchub/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SYNCHUB_HOST=0.0.0.0 \
    SYNCHUB_PORT=8080 \
    SYNCHUB_DATA_DIR=/data
USER synchub
WORKDIR /data
VOLUME /data
EXPOSE 8080 2222
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['SYNCHUB_PORT'] + '/livez', timeout=4)"]
CMD ["synchub", "serve"]
