"""What SLURM 22.05.8 has answered, and clusters made of it."""

from unlearning.planning import site

UNSUPPORTED = "sacctmgr: You are not running a supported accounting_storage plugin"

#: The SLURM of these tests, without accounts: partition cpu has both nodes, gpu the one with GPUs.
SINFO = """\
cpu|up|1:00:00|64000|gpu:toy:2
cpu|up|1:00:00|64000|(null)
gpu|up|1:00:00|64000|gpu:toy:2
"""
SHOWN = """\
PartitionName=cpu AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL Default=NO RootOnly=NO State=UP
PartitionName=gpu AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL Default=NO RootOnly=NO State=UP
"""
NO_ACCOUNTS = """\
AccountingStorageEnforce = none
AccountingStorageType   = accounting_storage/none
ClusterName             = toy
"""
ACCOUNTS = """\
AccountingStorageEnforce = associations,qos
AccountingStorageType   = accounting_storage/slurmdbd
ClusterName             = toy
"""

#: Several of all.
SINFO_OF_MANY = """\
Welcome to the toy cluster: maintenance on Monday | all day
cpu*|up|7-00:00:00|190000|(null)
bigmem|up|2-00:00:00|2000000|(null)
debug|up|30:00|190000|(null)
gpu|up|12:00:00|500000+|gpu:a100:4(S:0-1),nvme:1
gpu|up|12:00:00|250000|gpu:a100:8(S:0-1)
gpu_long|up|infinite|250000|gpu:v100:2,gpu:a100:1
broken|down|infinite|250000|gpu:v100:2
"""
SHOWN_OF_MANY = """\
PartitionName=cpu AllowGroups=ALL AllowAccounts=ALL Default=YES RootOnly=NO State=UP
PartitionName=bigmem AllowGroups=ALL AllowAccounts=ALL Default=NO RootOnly=NO State=UP
PartitionName=gpu AllowGroups=ALL AllowAccounts=Vision,theory Default=NO RootOnly=NO State=UP
PartitionName=gpu_long AllowGroups=ALL DenyAccounts=guests Default=NO RootOnly=NO State=UP
"""
ASSOCIATIONS_OF_MANY = """\
toy|vision|
toy|theory|gpu_long
toy|theory|
toy|guests|cpu
other|elsewhere|
"""


def answers(
    listed=SINFO,
    shown=SHOWN,
    config=NO_ACCOUNTS,
    associations=("", UNSUPPORTED),
    default=("", UNSUPPORTED),
):
    """Return what SLURM answers; a text stands for a command that has printed it."""
    every = (listed, shown, config, associations, default)
    return [[each, ""] if isinstance(each, str) else list(each) for each in every]


def small(**different):
    """Return the cluster without accounts, or one that answers differently."""
    return site.read("ada", answers(**different))


def many(**different):
    """Return the cluster with several of all, or one that answers differently."""
    usual = {
        "listed": SINFO_OF_MANY,
        "shown": SHOWN_OF_MANY,
        "config": ACCOUNTS,
        "associations": ASSOCIATIONS_OF_MANY,
        "default": "theory\n",
    }
    return site.read("ada", answers(**usual | different))
