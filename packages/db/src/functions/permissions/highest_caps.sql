-- Caps that take nothing: every permission at its highest level, as packages/domain has them. New subaccounts begin with them.
CREATE OR REPLACE FUNCTION highest_caps() RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT '{
    "conversations": "read", "tasks": "full", "agents": "full", "agents.general": "full",
    "agents.prompt": "full", "agents.knowledge": "full", "agents.tools": "full", "agents.callFlow": "full",
    "agents.analytics": "full", "agents.notifications": "full", "knowledgeBases": "full", "telephony": "full",
    "telephony.phoneNumbers": "full", "telephony.sipTrunks": "full", "telephony.complianceProfiles": "full", "campaigns": "full",
    "account": "full", "account.settings": "full", "account.members": "full", "account.subaccounts": "full",
    "account.trustCenter": "full", "account.schedules": "full", "developers": "full", "developers.integrations": "full",
    "developers.apiKeys": "full", "developers.webhooks": "full", "billing": "full", "billing.usage": "full"
  }'::jsonb
$$;
