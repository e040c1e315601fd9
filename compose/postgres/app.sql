-- Run once, by the image, in a new cluster. The role that the image itself makes is a superuser, who could take the
-- connections that PostgreSQL keeps for one (superuser_reserved_connections): the application gets a role of its own.
\set password `cat /run/secrets/app_password`
CREATE ROLE app LOGIN PASSWORD :'password';
CREATE DATABASE app OWNER app;
