"""A Modbus/TCP server of pymodbus: a hundred coils, inputs and registers of each kind."""
import sys
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("serial", "serial_asyncio")})  # it asks for them, even so

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartTcpServer

tables = ModbusSlaveContext(
    co=ModbusSequentialDataBlock(0, [False] * 100),
    di=ModbusSequentialDataBlock(0, [True, False, True, True] * 25),
    hr=ModbusSequentialDataBlock(0, [0] * 100),
    ir=ModbusSequentialDataBlock(0, list(range(100))),
    zero_mode=True,
)
identity = ModbusDeviceIdentification(info_name={"VendorName": "box", "ProductCode": "b1", "MajorMinorRevision": "1.0"})
StartTcpServer(context=ModbusServerContext(slaves=tables, single=True), identity=identity, address=("127.0.0.1", 502))
