"""What sinfo prints of a small cluster."""

SINFO = """\
Welcome to the cluster: 2 nodes | 1 | is | down
cpu|7-00:00:00|190000|(null)
gpu|12:00:00|500000|gpu:a100:4(S:0-1),nvme:1
gpu|12:00:00|250000|gpu:a100:8(S:0-1)
gpu|12:00:00|900000|(null)
gpu|12:00:00|250000|gpu:a100:2
mixed|infinite|100000|gpu:v100:2,gpu:a100:1
plain|30:00|1|gpu:(null):2(S:0)
"""
