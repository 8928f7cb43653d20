# The app alone, without TensorFlow, for a Space of the Hugging Face Hub or any other host:
#   docker build -t breast-ultrasound . && docker run -p 8501:8501 breast-ultrasound
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 user
WORKDIR /app

COPY requirements-app.txt .
RUN pip install --no-cache-dir -r requirements-app.txt

COPY . .
USER 1000
# Each visitor has a thread; without a limit, glibc's memory arenas for them take another 0.25 GB.
ENV HOME=/home/user PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2

# USER/REPO@COMMIT, or several separated by commas; without it the app shows the models in models/. A Space passes
# its variables to the build, and its secret HF_TOKEN, which a private model needs.
ARG MODEL=""
# hf://datasets/USER/NAME@COMMIT of images that visitors can try.
ARG EXAMPLES=""
ENV MODEL=$MODEL EXAMPLES=$EXAMPLES
RUN --mount=type=secret,id=HF_TOKEN,mode=0444,required=false python -m core.serving.prefetch

EXPOSE 8501
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]

# A Space is shown in an iframe, where browsers block the XSRF cookie, so that every upload would be refused. The app
# has no login that this check could protect.
CMD ["streamlit", "run", "streamlit_app.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501", "--server.enableXsrfProtection=false"]
