"""The message broker: publishing that never holds anybody up.

The client library (kombu, of the extra `celery`) is blocking, and RabbitMQ answers a publisher that
it has blocked with silence. So the library lives in a thread, and nobody waits for that thread
longer than he said.
"""

from gesso.infra.amqp.message import BrokerAway, Message, Unroutable
from gesso.infra.amqp.publisher import Publisher

__all__ = ["BrokerAway", "Message", "Publisher", "Unroutable"]
