"""METHOD: a pass of ascent on the forget set, then a pass of descent on the retain set, each epoch.

Say here what your method does and where it is from. This form takes one ordinary network; members
are unlearned one after another: `unlearn` is called once for each, after torch.manual_seed of the
member's own seed. It may yield at epochs, as here, or return; see docs/your_method.md.
"""

import torch
from torch.nn import functional


def unlearn(model, forget_loader, retain_loader, *, learning_rate: float, epochs):
    """Change one pretrained network, and yield at each epoch that is asked for.

    Parameters
    ----------
    model : an ordinary torch.nn.Module with the member's pretrained weights, in training mode, on
        the device of the job; it is yours to change (`net` is the same)
    forget_loader, retain_loader : ordinary data loaders of (images, labels), on the same device; a
        pass goes through all points once, in the member's own order. Name those that you need, in
        any order: `val_loader`, of the validation set, is a third. Sizes of batches are the
        stanza's: batch_size, and forget_batch_size where it is to differ
    learning_rate : after the *, hyperparameters by name; METHOD.yaml gives each a value
    epochs : the epochs after which a snapshot is wanted
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for epoch in range(1, max(epochs) + 1):
        for loader, sign in ((forget_loader, -1), (retain_loader, 1)):
            for images, labels in loader:
                loss = sign * functional.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        if epoch in epochs:
            yield epoch  # the model as it is now; `yield epoch, other` for another network
