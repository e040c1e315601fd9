# ruby scenarios.rb NAME: one scenario with ActiveRecord as it comes; the server is named by the PG* environment.
require "active_record"

CONFIG = {
  adapter: "postgresql", host: ENV["PGHOST"], port: ENV["PGPORT"].to_i, username: ENV["PGUSER"],
  password: ENV["PGPASSWORD"], database: ENV["PGDATABASE"], pool: 5
}.freeze
ActiveRecord::Base.establish_connection(CONFIG)

def same(got, wanted)
  raise "got #{got.inspect}, wanted #{wanted.inspect}" unless got == wanted
end

# The class of error with which this fails.
def error_of
  yield
  nil
rescue ActiveRecord::StatementInvalid => e
  e.cause.class
end

def connection
  ActiveRecord::Base.connection
end

class Item < ActiveRecord::Base
  self.table_name = "rails_items"
end

def items(count)
  connection.create_table(:rails_items, force: true) { |table| table.string :name; table.integer :amount, default: 0 }
  Item.reset_column_information
  count.times { |number| Item.create!(name: "item #{number}") }
end

# A connection pool of their own each, so that both call their first statement a1.
class One < ActiveRecord::Base
  self.abstract_class = true
end

class Two < ActiveRecord::Base
  self.abstract_class = true
end

class Migrated < ActiveRecord::Migration[6.1]
  def change
    create_table(:rails_migrated) { |table| table.string :name }
    add_index :rails_migrated, :name
  end
end

SCENARIOS = {
  "query" => lambda {
    row = connection.select_one("SELECT 'it''s' AS a, 5 AS b, NULL AS c")
    same(row, { "a" => "it's", "b" => 5, "c" => nil })
    same(connection.prepared_statements, true)
  },

  "prepared" => lambda {
    items(3)
    30.times { |turn| same(Item.find_by(id: turn % 3 + 1).name, "item #{turn % 3}") }
  },

  "same_name" => lambda {
    One.establish_connection(CONFIG)
    Two.establish_connection(CONFIG)
    10.times do |turn|
      bind = [ActiveRecord::Relation::QueryAttribute.new("n", turn, ActiveRecord::Type::Integer.new)]
      same(One.connection.exec_query("SELECT 'one', $1::int", "q", bind, prepare: true).rows, [["one", turn]])
      same(Two.connection.exec_query("SELECT 'two', $1::int, 2", "q", bind, prepare: true).rows, [["two", turn, 2]])
    end
  },

  "errors" => lambda {
    ActiveRecord::Base.transaction do
      same(error_of { connection.select_value("SELECT nothing") }, PG::UndefinedColumn)
      same(error_of { connection.select_value("SELECT 1") }, PG::InFailedSqlTransaction)
      raise ActiveRecord::Rollback
    end
    same(connection.select_value("SELECT 2"), 2)
  },

  "transactions" => lambda {
    items(0)
    Item.transaction do
      Item.create!(name: "one")
      Item.transaction(requires_new: true) do
        Item.create!(name: "two")
        raise ActiveRecord::Rollback
      end
      Item.create!(name: "three")
    end
    Item.transaction(isolation: :serializable) do
      same(connection.select_value("SHOW transaction_isolation"), "serializable")
    end
    same(Item.order(:id).pluck(:name), %w[one three])
  },

  "batches" => lambda {
    items(50)
    names = []
    Item.find_each(batch_size: 7) { |item| names << item.name }
    same(names, (0...50).map { |number| "item #{number}" })
  },

  # It takes a lock of the session for all of its transactions.
  "migration" => lambda {
    connection.drop_table(:rails_migrated, if_exists: true)
    ActiveRecord::SchemaMigration.drop_table
    ActiveRecord::SchemaMigration.create_table
    migration = Struct.new(:name, :version, :scope, :filename).new("Migrated", 1, "", "")
    migration.define_singleton_method(:disable_ddl_transaction) { false }
    migration.define_singleton_method(:migrate) { |direction| Migrated.new("Migrated", 1).migrate(direction) }
    ActiveRecord::Migration.suppress_messages do
      ActiveRecord::Migrator.new(:up, [migration], ActiveRecord::SchemaMigration).migrate
    end
    same(connection.index_exists?(:rails_migrated, :name), true)
    same(connection.select_value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0)
  },

  "copy" => lambda {
    items(0)
    raw = connection.raw_connection
    raw.copy_data("COPY rails_items (name) FROM STDIN") { 1000.times { |number| raw.put_copy_data("item #{number}\n") } }
    same(Item.count, 1000)
    lines = 0
    raw.copy_data("COPY rails_items TO STDOUT") { lines += 1 while raw.get_copy_data }
    same(lines, 1000)
  },

  "notify" => lambda {
    One.establish_connection(CONFIG)
    One.connection.execute("LISTEN rails_news")
    connection.execute("NOTIFY rails_news, 'hello'")
    heard = nil
    One.connection.raw_connection.wait_for_notify(30) { |channel, _, payload| heard = [channel, payload] }
    same(heard, %w[rails_news hello])
  },

  "threads" => lambda {
    items(1)
    threads = (0...5).map do
      Thread.new do
        ActiveRecord::Base.connection_pool.with_connection do
          20.times { Item.first.with_lock { Item.update_all("amount = amount + 1") } }
        end
      end
    end
    threads.each(&:join)
    same(Item.first.amount, 100)
  }
}.freeze

name = ARGV[0]
if name == "--list"
  puts SCENARIOS.keys
else
  ActiveRecord::Migration.verbose = false
  SCENARIOS.fetch(name).call
end
