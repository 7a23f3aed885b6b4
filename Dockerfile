# An image of pkgaudit. docs/howto/docker.md explains how to use it, and how to build it on another base image.
ARG PYTHON=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON} AS build
WORKDIR /source
COPY . .
# The environment has no pip, because nothing is installed into the image later.
RUN python -m venv --without-pip /opt/pkgaudit \
    && python -m pip --python /opt/pkgaudit/bin/python install --no-cache-dir .

FROM ${PYTHON}
COPY --from=build /opt/pkgaudit /opt/pkgaudit
ENV PATH="/opt/pkgaudit/bin:$PATH"
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["pkgaudit"]
CMD ["--help"]
