DROP TABLE cairn_intent;
