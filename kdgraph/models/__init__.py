"""Networks by name: the CIFAR zoo of the distillation papers, torchvision's and timm's."""
