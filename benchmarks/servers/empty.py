"""A minimal FastAPI endpoint: reads the body and returns a constant answer of inknet's form."""

from fastapi import FastAPI, Request

from inknet.service.schemas.prediction import PredictionResponse

app = FastAPI()
_ANSWER = {
    "digit": 7,
    "label": "7",
    "confidence": 0.9999,
    "certain": True,
    "probabilities": [0.0000123456789] * 7 + [0.9999, 0.0000123456789, 0.0000123456789],
    "model": "digits-784-200-10",
    "model_sha256": "0" * 64,
}


@app.post("/predict")
async def predict(request: Request) -> PredictionResponse:
    """Return the constant answer."""
    await request.body()
    return PredictionResponse.model_validate(_ANSWER)
