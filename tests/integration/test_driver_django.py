"""Django with psycopg2 and its defaults: server-side cursors outside of transactions, a connection for each request."""
import threading
import unittest

import django
from django.conf import settings
from django.db import DataError, ProgrammingError, connections, models, transaction
from django.db.utils import InternalError

from kit.case import DATABASE, PASSWORD, USER
from kit.route import HOST, DirectRoute, SessionRoute, TransactionRoute

settings.configure(USE_TZ=True, TIME_ZONE="UTC", DATABASES={})
django.setup()


class Item(models.Model):
    name = models.TextField()
    amount = models.IntegerField(default=0)

    class Meta:
        app_label, db_table = "shop", "django_items"


class DjangoTests:
    def setUp(self):
        super().setUp()
        self.alias = f"{type(self).__name__}_{self._testMethodName}"
        self.database(self.alias)
        with connections[self.alias].schema_editor() as editor:
            editor.create_model(Item)
        self.items = Item.objects.using(self.alias)
        self.items.bulk_create(Item(name=f"item {number}") for number in range(300))

    def database(self, alias, **more):
        given = {"ENGINE": "django.db.backends.postgresql", "HOST": HOST, "PORT": self.port}
        connections.databases[alias] = given | {"USER": USER, "PASSWORD": PASSWORD, "NAME": DATABASE} | more
        connections.ensure_defaults(alias)
        connections.prepare_test_settings(alias)
        self.addCleanup(self.forget, alias)

    def forget(self, alias):
        if alias == self.alias:
            with connections[alias].schema_editor() as editor:
                editor.delete_model(Item)
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]

    def in_threads(self, count, work):
        """Each has a connection of its own, as threads of a server have."""
        failures = []

        def run(number):
            try:
                work(number)
            except Exception as error:  # whatever it is, it is the test's
                failures.append(error)
            finally:
                connections[self.alias].close()

        threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(failures, [])

    def value(self, sql, alias=None):
        with connections[alias or self.alias].cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def test_query(self):
        self.assertEqual(self.items.filter(name="item 7").get().name, "item 7")
        self.assertEqual(self.items.aggregate(models.Count("id")), {"id__count": 300})

    def test_iterator_outside_of_a_transaction(self):
        names = []
        for item in self.items.order_by("id").iterator(chunk_size=20):
            names.append(item.name)
            if len(names) % 50 == 0:
                self.assertEqual(self.items.count(), 300)
        self.assertEqual(names, [f"item {number}" for number in range(300)])

    def test_iterators_of_three_threads(self):
        def work(_):
            for _ in range(3):
                self.assertEqual(sum(1 for _ in self.items.iterator(chunk_size=50)), 300)

        with self.limited_servers():
            self.in_threads(3, work)

    def test_iterator_that_is_left_half_way(self):
        iterator = self.items.order_by("id").iterator(chunk_size=20)
        self.assertEqual(next(iterator).name, "item 0")
        iterator.close()
        self.assertEqual(self.items.count(), 300)

    def test_iterator_in_a_transaction(self):
        with transaction.atomic(using=self.alias):
            self.assertEqual(sum(1 for _ in self.items.iterator(chunk_size=20)), 300)

    def test_atomic_in_atomic(self):
        with transaction.atomic(using=self.alias):
            self.items.create(name="kept")
            with self.assertRaises(DataError), transaction.atomic(using=self.alias):
                self.items.create(name="lost")
                self.value("SELECT 1/0")
            self.items.create(name="kept, too")
        names = self.items.filter(id__gt=300).order_by("id").values_list("name", flat=True)
        self.assertEqual(list(names), ["kept", "kept, too"])

    def test_error_in_a_transaction(self):
        with self.assertRaises(ProgrammingError), transaction.atomic(using=self.alias):
            self.value("SELECT nothing")
        connection = connections[self.alias]
        connection.set_autocommit(False)
        with self.assertRaises(ProgrammingError):
            self.value("SELECT nothing")
        with self.assertRaises(InternalError):
            self.value("SELECT 1")
        connection.rollback()
        connection.set_autocommit(True)
        self.assertEqual(self.value("SELECT 2"), 2)

    def test_time_zone_of_a_database(self):
        self.database("tokyo", TIME_ZONE="Asia/Tokyo")
        for _ in range(3):
            self.assertEqual(self.value("SHOW TimeZone", "tokyo"), "Asia/Tokyo")
            self.assertEqual(self.value("SHOW TimeZone"), "UTC")

    def test_isolation_level(self):
        self.database("strict", OPTIONS={"isolation_level": 3})  # psycopg2's SERIALIZABLE
        for _ in range(3):
            with transaction.atomic(using="strict"):
                self.assertEqual(self.value("SHOW transaction_isolation", "strict"), "serializable")
            self.assertEqual(self.value("SHOW transaction_isolation"), "read committed")

    def test_a_connection_for_each_request(self):
        def work(number):
            for _ in range(20):
                self.assertEqual(self.items.filter(name=f"item {number}").count(), 1)
                connections[self.alias].close_if_unusable_or_obsolete()

        with self.limited_servers():
            self.in_threads(3, work)

    def test_copy(self):
        with connections[self.alias].cursor() as cursor:
            with open("/dev/null", "w", encoding="utf-8") as nowhere:
                cursor.copy_expert("COPY django_items TO STDOUT", nowhere)
            self.assertEqual(cursor.rowcount, 300)

    def test_counter_of_three_threads(self):
        def work(_):
            for _ in range(20):
                with transaction.atomic(using=self.alias):
                    item = self.items.select_for_update().get(name="item 0")
                    item.amount += 1
                    item.save()

        with self.limited_servers():
            self.in_threads(3, work)
        self.assertEqual(self.items.get(name="item 0").amount, 60)


class Direct(DjangoTests, DirectRoute):
    pass


class Transaction(DjangoTests, TransactionRoute):
    pass


class Session(DjangoTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
