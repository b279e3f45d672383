"""A client of the broker that is not ours: pika, as Debian has it. Driven by lines of JSON, it tells what happens in lines of JSON.

    {"do": "join", "sender": S}                            an old program: declares the old exchange as those did, S is its routing key
    {"do": "publish", "exchange": E, "key": K, "body": B, "correlation_id": I, "reply_to": R}
    {"do": "take", "queue": Q}                             all messages of a queue, which is empty then
    {"do": "reject", "queue": Q}                           gives back, again and again, whatever comes from a queue
    {"do": "delete", "queue": Q}
    {"do": "replace", "queue": Q}                          deletes a queue, and makes another, plain one of that name
    {"do": "delete exchange", "exchange": E}

Instead of the body, in base64, its size may be given. R may be "own" (a durable queue of this client's), "direct" (the broker's pseudo-queue), null, or the name of any queue.
What was published and not confirmed when the connection was lost is published again; the rest is the broker's to keep.
"""
import base64
import collections
import json
import queue
import sys
import threading
import time
import uuid

import pika
import pika.exceptions

DIRECT = "amq.rabbitmq.reply-to"
REPORT = "health_system_exchange"


def tell(**what):
    print(json.dumps(what), flush=True)


class Client:
    def __init__(self, port):
        self.parameters = pika.ConnectionParameters("127.0.0.1", port, heartbeat=5, blocked_connection_timeout=10)
        self.orders = queue.Queue()
        self.outbox = collections.deque()
        self.senders = []
        self.own = f"client-{uuid.uuid4()}"

    def run(self):
        threading.Thread(target=self.read, daemon=True).start()
        while True:
            try:
                connection = pika.BlockingConnection(self.parameters)
                self.serve(connection)
                connection.close()
                return
            except (pika.exceptions.AMQPError, OSError) as e:
                tell(lost=repr(e))
                time.sleep(0.1)

    def read(self):
        for line in sys.stdin:
            self.orders.put(json.loads(line))
        self.orders.put(None)

    def serve(self, connection):
        self.channel = connection.channel()
        self.channel.queue_declare(self.own, durable=True)
        self.channel.basic_consume(self.own, self.lasting_reply)
        self.channel.basic_consume(DIRECT, self.reply, auto_ack=True)
        self.channel.confirm_delivery()
        for sender in self.senders:
            self.join(sender)
        tell(connected=self.own)
        while True:
            while not self.orders.empty():
                order = self.orders.get()
                if order is None:
                    self.channel.queue_delete(self.own)
                    return
                if order["do"] == "publish":
                    self.outbox.append(order)
                else:
                    while self.outbox:
                        self.publish_next()
                    self.obey(order)
            if self.outbox:
                self.publish_next()
            connection.process_data_events(0 if self.outbox else 0.002)

    def publish_next(self):
        order = self.outbox[0]
        reply_to = {"own": self.own, "direct": DIRECT}.get(order.get("reply_to"), order.get("reply_to"))
        properties = pika.BasicProperties(reply_to=reply_to, correlation_id=order.get("correlation_id"), delivery_mode=2)
        body = bytes(order["size"]) if "size" in order else base64.b64decode(order["body"])
        self.channel.basic_publish(order["exchange"], order["key"], body, properties)
        self.outbox.popleft()  # confirmed

    def obey(self, order):
        if order["do"] == "join":
            self.senders.append(order["sender"])
            self.join(order["sender"])
            tell(done=order["do"])
        elif order["do"] == "take":
            tell(done=order["do"], messages=list(self.all_of(order["queue"])))
        elif order["do"] == "reject":
            self.channel.basic_consume(order["queue"], lambda channel, method, *_: channel.basic_nack(method.delivery_tag))
            tell(done=order["do"])
        elif order["do"] == "delete":
            self.channel.queue_delete(order["queue"])
            tell(done=order["do"])
        elif order["do"] == "replace":
            self.channel.queue_delete(order["queue"])
            self.channel.queue_declare(order["queue"], durable=True)
            tell(done=order["do"])
        elif order["do"] == "delete exchange":
            self.channel.exchange_delete(order["exchange"])
            tell(done=order["do"])

    def join(self, sender):
        self.channel.exchange_declare(REPORT, "direct", arguments={"x-message-ttl": 0})
        mailbox = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(mailbox, REPORT, routing_key=sender)
        self.channel.basic_consume(mailbox, self.reply, auto_ack=True)

    def all_of(self, name):
        while True:
            method, properties, body = self.channel.basic_get(name, auto_ack=True)
            if method is None:
                return
            yield {
                "key": method.routing_key,
                "size": len(body),
                "correlation_id": properties.correlation_id,
                "reason": (properties.headers or {}).get("x-hms-reason") or (properties.headers or {}).get("x-first-death-reason"),
            }

    def reply(self, channel, method, properties, body):
        tell(reply=properties.correlation_id, body=body.decode(), redelivered=method.redelivered)

    def lasting_reply(self, channel, method, properties, body):
        self.reply(channel, method, properties, body)
        channel.basic_ack(method.delivery_tag)


Client(int(sys.argv[1])).run()
