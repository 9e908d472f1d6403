"""llama.cpp as a peer: prompt processing, as llama-bench measures it."""

import llama_cpp
from worker import serve, timed, tokens

models = {}


def model(request):
    key = request["model"], request["tokens"], request["threads"]
    is_new = key not in models
    if is_new:
        size = request["tokens"]
        models[key] = llama_cpp.Llama(
            request["model"], n_ctx=size, n_batch=size, n_ubatch=size, verbose=False,
            n_threads=request["threads"], n_threads_batch=request["threads"],
        )
    return models[key], is_new


def measure(request):
    if request["task"] == "describe":
        system = llama_cpp.llama_print_system_info().decode()
        return {"facts": {"llama-cpp-python": llama_cpp.__version__, "llama.cpp": system}}
    network, is_new = model(request)
    size = network.n_vocab()
    text = tokens(request["tokens"], size)

    def run():
        network.reset()
        network.eval(text)
        logits = llama_cpp.llama_get_logits_ith(network.ctx, -1)
        return max(range(size), key=logits.__getitem__)

    # The search for the largest logit in Python takes milliseconds: time without it.
    def evaluate():
        network.reset()
        network.eval(text)
        llama_cpp.llama_synchronize(network.ctx)

    answer = timed(request["repeats"], evaluate, is_new)
    answer["value"] = run()
    return answer


serve(measure)
