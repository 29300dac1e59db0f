import json, os

os.makedirs("eval/live", exist_ok=True)
os.makedirs("models", exist_ok=True)
with open("eval/live/metrics.json", "w") as file:
    json.dump({"avg_prec": {"train": 0.97, "test": 0.92}, "roc_auc": {"train": 0.98, "test": 0.94}}, file)
with open("models/model.txt", "w") as file:
    file.write("weights")
with open("eval/live/plot.csv", "w") as file:
    file.write("fpr,tpr\n0.1,0.8\n")
