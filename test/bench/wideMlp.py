"""Median milliseconds of one training step of an mlp in PyTorch eager, for a width the other peers do not have: one JSON line."""
import argparse
import json
import statistics
import time

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--sizes", default="784,1024,1024,10")
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(0)

sizes = [int(size) for size in options.sizes.split(",")]
layers = []
for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
    layers.append(torch.nn.Linear(inputs, outputs))
    if i < len(sizes) - 2:
        layers.append(torch.nn.ReLU())
model = torch.nn.Sequential(*layers)
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
x = torch.rand(options.batch, sizes[0])
y = torch.randint(0, sizes[-1], (options.batch,))

times = []
for _ in range(options.steps):
    start = time.perf_counter()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    times.append((time.perf_counter() - start) * 1e3)
print(json.dumps({"peer": f"torch {torch.__version__}", "model": "wide", "msPerStep": statistics.median(times[len(times) // 4:])}))
