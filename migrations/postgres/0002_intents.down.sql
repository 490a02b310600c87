DROP TABLE cairn_intent;
DROP DOMAIN cairn_intent_status;
