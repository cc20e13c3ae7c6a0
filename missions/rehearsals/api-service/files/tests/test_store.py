import os
import tempfile
import threading
import unittest

from service.store import NotAllowed, ParcelStore, STEPS


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.store = ParcelStore()
        self.addCleanup(self.store.close)

    def test_a_parcel_goes_its_way(self):
        number = self.store.add("Ada", 500)["id"]
        self.store.add_event(number, "in-transit")
        parcel = self.store.add_event(number, "delivered")
        self.assertEqual(parcel["events"], ["accepted", "in-transit", "delivered"])
        self.assertEqual(self.store.list(open_only=True), [])
        self.assertEqual(len(self.store.list()), 1)

    def test_no_step_goes_back_or_aside(self):
        paths = {"accepted": [], "in-transit": ["in-transit"],
                 "delivered": ["in-transit", "delivered"], "returned": ["returned"]}
        for status, path in paths.items():
            for kind in STEPS:
                if kind in STEPS[status]:
                    continue
                number = self.store.add("Ada", 1)["id"]
                for step in path:
                    self.store.add_event(number, step)
                with self.subTest(status=status, kind=kind), self.assertRaises(NotAllowed):
                    self.store.add_event(number, kind)

    def test_the_same_key_is_the_same_parcel(self):
        first = self.store.add("Ada", 1, key="k")
        self.assertEqual(self.store.add("Bob", 2, key="k"), first)
        self.assertNotEqual(self.store.add("Ada", 1)["id"], first["id"])

    def test_text_that_looks_like_sql_is_text(self):
        name = "'); DROP TABLE parcel; --"
        self.assertEqual(self.store.get(self.store.add(name, 1)["id"])["to"], name)

    def test_eight_threads_lose_nothing(self):
        def work():
            for _ in range(10):
                self.store.add("Ada", 1)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len({p["id"] for p in self.store.list()}), 80)

    def test_parcels_outlive_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "parcels.db")
            store = ParcelStore(path)
            parcel = store.add("Ada", 3)
            store.close()
            again = ParcelStore(path)
            self.assertEqual(again.get(parcel["id"]), parcel)
            again.close()
