"""The program of signed_store.py: `PORT KEYS` are where it listens, and the file that it writes its keys to
when it is ready."""

import json
import os
import sys
import threading
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
ALL_OF_S3 = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def main(port: int, keys: str) -> None:
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    known = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": REGION}

    def client(service: str) -> Any:
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{port}", **known)

    people = client("iam")
    people.create_user(UserName="chat")
    people.put_user_policy(UserName="chat", PolicyName="all", PolicyDocument=json.dumps(ALL_OF_S3))
    made = people.create_access_key(UserName="chat")["AccessKey"]
    client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    with open(f"{keys}.new", "w") as file:
        json.dump([made["AccessKeyId"], made["SecretAccessKey"]], file)
    os.rename(f"{keys}.new", keys)
    threading.Event().wait()


main(int(sys.argv[1]), sys.argv[2])
