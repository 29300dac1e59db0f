"""A contract that uses every part of ODCS that is understood, and some that are not."""

FULL = """\
kind: DataContract
apiVersion: v3.2.0
id: 53581432-aaaa
version: 1.10
status: active
name: orders
future: 1
servers:
  - server: files
    type: local
    path: ./output/orders_*.parquet
    format: parquet
team: {name: x}
schema:
  - name: orders
    physicalName: orders_v1
    relationships: [{from: a.b, to: c.d}]
    properties:
      - {name: id, primaryKey: true, logicalType: string, physicalType: VARCHAR(36), logicalTypeOptions: {format: uuid}}
      - name: amount
        physicalName: amt
        logicalType: number
        physicalType: DECIMAL(10,2)
        required: yes
        classification: confidential
        logicalTypeOptions: {minimum: 0, exclusiveMaximum: 1000, multipleOf: 0.01}
        quality:
          - {metric: nullValues, mustBeLessThan: 1, unit: percent, severity: warning}
          - {type: text, description: looks right}
          - {rule: weird}
          - {type: sql, query: "SELECT count(*) FROM orders WHERE {property} < 0", mustBe: 0}
      - {name: status, logicalType: string, enum: [{value: NO}, {value: SE, label: Sweden}]}
      - {name: prio, logicalType: integer, physicalType: int, enum: [1, 2], logicalTypeOptions: {format: i64}}
      - {name: at, logicalType: timestamp, physicalType: "timestamp[us]", logicalTypeOptions: {minimum: 2024-01-01},
         customProperties: [{property: mlmonitor.role, value: eventTs}]}
      - {name: cut, logicalType: timestamp}
      - {name: tags, logicalType: array, items: {logicalType: string}}
      - {name: who, logicalType: object, properties: [{name: x}]}
      - {name: mail, logicalType: string, encryptedName: mail_enc,
         logicalTypeOptions: {pattern: '(?=x)y', format: email, maxLength: 5}}
      - {name: thing, physicalType: GEOGRAPHY}
      - {name: free, logicalTypeOptions: {minimum: 0}}
      - {name: total, semanticType: measure, transformLogic: SUM(amt)}
    quality:
      - {metric: duplicateValues, mustBe: 0, arguments: {properties: [status, amount]}}
      - {metric: rowCount, mustBeBetween: [10, 100]}
      - {type: custom, engine: soda, implementation: "x"}
      - {type: custom, engine: mlmonitor, implementation: {drift: {reference: orders@1, psiWarning: 0.1},
         pointInTime: {event: at, cutoff: cut}, grid: {column: at, minutes: 15}}}
slaProperties:
  - {property: freshness, value: 4, unit: h, element: orders.at}
  - {property: retention, value: 3, unit: y}
  - {property: availability, value: 99.9}
  - {property: latency, value: 1, unit: d, element: tab1.x}
"""
