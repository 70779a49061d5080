# Build:  docker build -t inknet .
# Run:    docker run --rm --read-only --cap-drop ALL -p 8000:8000 inknet

# scripts/pin-base appends the digest of today: python:3.13-slim@sha256:…
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /source
COPY . .
RUN python -m venv /build \
    && /build/bin/pip install --no-cache-dir --require-hashes --requirement requirements/build.txt \
    && /build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv /opt/inknet \
    && /opt/inknet/bin/pip install --no-cache-dir --compile --require-hashes --requirement requirements/server.txt \
    && set -- /wheels/*.whl \
    && /opt/inknet/bin/pip install --no-cache-dir --compile --no-deps "$1" \
    && /opt/inknet/bin/pip uninstall --yes pip setuptools \
    && find /opt/inknet -type d \( -name tests -o -name f2py -o -path "*/numpy/_core/include" \) -prune -exec rm -r {} + \
    && find /opt/inknet \( -name "*.pyi" -o -name "*.a" -o -name "*.map" \) -delete

FROM ${BASE}
# Only the environment is copied: no source, pip or build tools.
COPY --from=build /opt/inknet /opt/inknet
# The threshold makes glibc return the memory of large images: after images of 16 megapixels, 80 MB remain, not 380.
ENV PATH=/opt/inknet/bin:$PATH \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    INKNET_HOST=0.0.0.0 \
    INKNET_PORT=8000
# Numeric, so that Kubernetes can verify that it is not root.
USER 10001:10001
WORKDIR /
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['INKNET_PORT']}/health/live\", timeout=2)"]
ENTRYPOINT ["inknet"]
CMD ["serve"]
