# syntax=docker/dockerfile:1
# One image, every process: the command says which. Build: docker build -t release-gate:0.1.0 .

FROM python:3.11.9-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
COPY requirements/runtime.txt /tmp/runtime.txt
# Every file that is installed has its hash in the lock, or the build fails; the lock is whole, so nothing is resolved.
RUN /opt/venv/bin/pip install --no-deps --require-hashes -r /tmp/runtime.txt && /opt/venv/bin/pip check
WORKDIR /app
COPY . .
# Neither value is kept: collectstatic reads the settings, and production's refuse to do without them.
RUN RELEASEGATE_MODE=production SECRET_KEY=build-only DATABASE_URL=postgres://build/only REDIS_URL=redis://build \
    RELEASEGATE_STATIC_ROOT=/app/staticfiles /opt/venv/bin/python manage.py collectstatic --noinput \
    && /opt/venv/bin/python -m compileall -q /app

FROM python:3.11.9-slim-bookworm
LABEL org.opencontainers.image.title="Release Gate"
RUN groupadd --gid 10001 releasegate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin releasegate \
    && install -d -o 10001 -g 10001 /var/lib/releasegate
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    RELEASEGATE_MODE=production RELEASEGATE_STATIC_ROOT=/app/staticfiles RELEASEGATE_DATA_DIR=/var/lib/releasegate
USER 10001:10001
VOLUME /var/lib/releasegate
EXPOSE 8000
STOPSIGNAL SIGTERM
# For a web container run by hand; docker-compose.yml has a check for each process.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["gunicorn", "releasegate.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--worker-tmp-dir=/dev/shm", "--timeout=90", "--graceful-timeout=30"]
