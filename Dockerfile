# pkgaudit as an image: docs/howto/docker.md says how to use it, and how to move it to another base.
ARG PYTHON=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON} AS build
WORKDIR /source
COPY . .
# The environment is without a pip of its own: nothing is installed in the image later.
RUN python -m venv --without-pip /opt/pkgaudit \
    && python -m pip --python /opt/pkgaudit/bin/python install --no-cache-dir .

FROM ${PYTHON}
COPY --from=build /opt/pkgaudit /opt/pkgaudit
ENV PATH="/opt/pkgaudit/bin:$PATH"
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["pkgaudit"]
CMD ["--help"]
