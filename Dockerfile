# The app alone, without TensorFlow. It runs as a Space of the Hugging Face Hub, and anywhere else:
#   docker build -t breast-ultrasound . && docker run -p 8501:8501 breast-ultrasound
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 user
WORKDIR /app

COPY requirements-app.txt .
RUN pip install --no-cache-dir -r requirements-app.txt

COPY . .
USER 1000
# Each visitor is a thread, and a pool of memory for every few of them would cost a quarter of a gigabyte.
ENV HOME=/home/user PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2

# USER/REPO@COMMIT, several with commas between; without it the models in models/ are shown. A Space hands its
# variables to the build, and its secret HF_TOKEN, which a private model needs.
ARG MODEL=""
ENV MODEL=$MODEL
RUN --mount=type=secret,id=HF_TOKEN,mode=0444,required=false python -m core.serving.prefetch

EXPOSE 8501
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]

# A Space is shown inside another page, where browsers withhold the cookie of the XSRF check, and every upload
# would be refused. The app knows no login that such a check could protect.
CMD ["streamlit", "run", "streamlit_app.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501", "--server.enableXsrfProtection=false"]
